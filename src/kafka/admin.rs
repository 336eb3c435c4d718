//! Requests for facts about topics: librdkafka's admin requests and their answers as our types.
//!
//! None of them creates a topic: DescribeTopics and a metadata request for all topics never do. `preflight` decides
//! what an answer means for a run; `ask` decides how long to wait for it.

use std::ffi::CString;
use std::ptr;
use std::time::{Duration, Instant};

use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::ask::{AskError, ask};
use super::client::Client;
use super::codes::{self, text};

/// A topic as described by DescribeTopics or by metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Description {
    /// None if the broker has no topic ids.
    pub(super) topic_id: Option<String>,
    pub(super) partitions: Vec<PartitionDescription>,
    /// Whether the user may read; none if the broker does not report it.
    pub(super) may_read: Option<bool>,
    /// Whether the user may write; none if the broker does not report it.
    pub(super) may_write: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartitionDescription {
    /// The id of the broker that leads it, if there is one.
    pub(super) leader: Option<i32>,
    pub(super) replicas: u32,
    pub(super) in_sync: u32,
}

/// Which offset of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    First,
    Last,
    /// The last stable one: that of the first message that an open transaction hides from readers of committed messages.
    LastStable,
    /// That of the first message with this time or a later one, in milliseconds since 1970; -1 if there is none.
    Since(u64),
}

/// Describes the topic, with DescribeTopics.
pub(super) fn describe_topic(
    client: &mut Client,
    broker: i32,
    name: &str,
    deadline: Instant,
) -> Result<Description, AskError> {
    let name = c_name(name)?;
    let kind = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
    ask(
        client,
        kind,
        Some(broker),
        deadline,
        // SAFETY: client, options and queue are alive; the names are copied before the collection is destroyed.
        |handle, options, queue| unsafe {
            let error = sys::rd_kafka_AdminOptions_set_include_authorized_operations(options, 1);
            if !error.is_null() {
                sys::rd_kafka_error_destroy(error);
            }
            let topics = sys::rd_kafka_TopicCollection_of_topic_names([name.as_ptr()].as_mut_ptr(), 1);
            sys::rd_kafka_DescribeTopics(handle, topics, options, queue);
            sys::rd_kafka_TopicCollection_destroy(topics);
        },
        // SAFETY: the event is alive and of the requested kind, and everything read from it lives as long.
        |event| unsafe {
            let mut count = 0;
            let result = sys::rd_kafka_event_DescribeTopics_result(event);
            let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
            if count != 1 {
                return Err(AskError::NoAnswer);
            }
            let topic = *topics;
            let error = sys::rd_kafka_TopicDescription_error(topic);
            match codes::error_code(error) {
                0 => Ok(description(topic)),
                code => Err(AskError::Refused(code, text(sys::rd_kafka_error_string(error)))),
            }
        },
    )
}

/// # Safety
/// `topic` is alive and has no error.
unsafe fn description(topic: *const sys::rd_kafka_TopicDescription_t) -> Description {
    // SAFETY: by the contract above; each count is the length of the array returned with it, and an absent operation
    // list is null with a count of 0.
    unsafe {
        let id = sys::rd_kafka_TopicDescription_topic_id(topic);
        let is_zero = id.is_null()
            || (sys::rd_kafka_Uuid_most_significant_bits(id) == 0
                && sys::rd_kafka_Uuid_least_significant_bits(id) == 0);
        let topic_id = (!is_zero).then(|| text(sys::rd_kafka_Uuid_base64str(id)));

        let (mut count, mut replicas, mut in_sync) = (0, 0, 0);
        let mut partitions = Vec::new();
        let infos = sys::rd_kafka_TopicDescription_partitions(topic, &mut count);
        for index in 0..count {
            let info = *infos.add(index);
            let leader = sys::rd_kafka_TopicPartitionInfo_leader(info);
            sys::rd_kafka_TopicPartitionInfo_replicas(info, &mut replicas);
            sys::rd_kafka_TopicPartitionInfo_isr(info, &mut in_sync);
            partitions.push(PartitionDescription {
                leader: (!leader.is_null())
                    .then(|| sys::rd_kafka_Node_id(leader))
                    .filter(|id| *id >= 0),
                replicas: replicas as u32,
                in_sync: in_sync as u32,
            });
        }

        let operations = sys::rd_kafka_TopicDescription_authorized_operations(topic, &mut count);
        // Read as numbers, since a broker may know operations that the enum lacks.
        let operations = (!operations.is_null() && count > 0)
            .then(|| std::slice::from_raw_parts(operations.cast::<u32>(), count));
        let may = |operation: sys::rd_kafka_AclOperation_t| {
            operations.map(|operations| operations.contains(&(operation as u32)))
        };
        Description {
            topic_id,
            partitions,
            may_read: may(sys::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_READ),
            may_write: may(sys::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_WRITE),
        }
    }
}

/// What has settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource<'a> {
    Topic(&'a str),
    /// A broker, by its id.
    Broker(i32),
}

/// The values of these settings, with DescribeConfigs.
pub(super) fn settings(
    client: &mut Client,
    broker: i32,
    resource: Resource<'_>,
    settings: &[&str],
    deadline: Instant,
) -> Result<Vec<Option<String>>, AskError> {
    let (resource_type, name) = match resource {
        Resource::Topic(name) => (
            sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC,
            c_name(name)?,
        ),
        Resource::Broker(id) => (
            sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_BROKER,
            c_name(&id.to_string())?,
        ),
    };
    let kind = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS;
    ask(
        client,
        kind,
        Some(broker),
        deadline,
        // SAFETY: client, options and queue are alive; the resource is copied before it is destroyed.
        |handle, options, queue| unsafe {
            let resource = sys::rd_kafka_ConfigResource_new(resource_type, name.as_ptr());
            sys::rd_kafka_DescribeConfigs(handle, [resource].as_mut_ptr(), 1, options, queue);
            sys::rd_kafka_ConfigResource_destroy(resource);
        },
        // SAFETY: the event is alive and of the requested kind, and everything read from it lives as long.
        |event| unsafe {
            let mut count = 0;
            let result = sys::rd_kafka_event_DescribeConfigs_result(event);
            let resources = sys::rd_kafka_DescribeConfigs_result_resources(result, &mut count);
            if count != 1 {
                return Err(AskError::NoAnswer);
            }
            let resource = *resources;
            let code = codes::resource_code(resource);
            if code != 0 {
                return Err(AskError::Refused(
                    code,
                    text(sys::rd_kafka_ConfigResource_error_string(resource)),
                ));
            }
            let mut values = vec![None; settings.len()];
            let entries = sys::rd_kafka_ConfigResource_configs(resource, &mut count);
            for index in 0..count {
                let entry = *entries.add(index);
                let name = text(sys::rd_kafka_ConfigEntry_name(entry));
                if let Some(place) = settings.iter().position(|setting| *setting == name) {
                    values[place] = Some(text(sys::rd_kafka_ConfigEntry_value(entry)));
                }
            }
            Ok(values)
        },
    )
}

/// One offset of every partition, with ListOffsets.
pub(super) fn offsets(
    client: &mut Client,
    name: &str,
    partitions: u32,
    end: End,
    deadline: Instant,
) -> Result<Vec<i64>, AskError> {
    let listed = listed_offsets(client, name, partitions, end, deadline)?;
    Ok(listed.iter().map(|listed| listed.offset).collect())
}

/// An offset of a partition, and its leader epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListedOffset {
    /// -1 if there is none.
    pub(super) offset: i64,
    /// With [`End::Last`], how often the partition has had another leader; none if the broker does not report it.
    pub(super) epoch: Option<i32>,
}

/// The same with leader epochs.
pub(super) fn listed_offsets(
    client: &mut Client,
    name: &str,
    partitions: u32,
    end: End,
    deadline: Instant,
) -> Result<Vec<ListedOffset>, AskError> {
    use sys::rd_kafka_OffsetSpec_t as Spec;
    let name = c_name(name)?;
    let spec = match end {
        End::First => Spec::RD_KAFKA_OFFSET_SPEC_EARLIEST as i64,
        End::Last | End::LastStable => Spec::RD_KAFKA_OFFSET_SPEC_LATEST as i64,
        End::Since(time) => i64::try_from(time).unwrap_or(i64::MAX),
    };
    let kind = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTOFFSETS;
    ask(
        client,
        kind,
        None,
        deadline,
        // SAFETY: client, options and queue are alive; the list is copied before it is destroyed, and the pointer to a
        // new element is used before the next one is added.
        |handle, options, queue| unsafe {
            if end == End::LastStable {
                // An error would be that it is unknown for this kind of request.
                let level = sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED;
                let error = sys::rd_kafka_AdminOptions_set_isolation_level(options, level);
                if !error.is_null() {
                    sys::rd_kafka_error_destroy(error);
                }
            }
            let list = sys::rd_kafka_topic_partition_list_new(partitions as i32);
            for partition in 0..partitions {
                let element = sys::rd_kafka_topic_partition_list_add(list, name.as_ptr(), partition as i32);
                (*element).offset = spec;
            }
            sys::rd_kafka_ListOffsets(handle, list, options, queue);
            sys::rd_kafka_topic_partition_list_destroy(list);
        },
        // SAFETY: the event is alive and of the requested kind, and everything read from it lives as long. The code is
        // read as a number, since the enum may lack it.
        |event| unsafe {
            let mut count = 0;
            let result = sys::rd_kafka_event_ListOffsets_result(event);
            let infos = sys::rd_kafka_ListOffsets_result_infos(result, &mut count);
            let unlisted = ListedOffset {
                offset: -1,
                epoch: None,
            };
            let mut offsets = vec![unlisted; partitions as usize];
            for index in 0..count {
                let element = sys::rd_kafka_ListOffsetsResultInfo_topic_partition(*infos.add(index));
                let code = (&raw const (*element).err).cast::<i32>().read();
                if code != 0 {
                    return Err(AskError::Refused(code, codes::code_words(code)));
                }
                if let Some(listed) = offsets.get_mut((*element).partition as usize) {
                    let epoch = sys::rd_kafka_topic_partition_get_leader_epoch(element);
                    *listed = ListedOffset {
                        offset: (*element).offset,
                        epoch: Some(epoch).filter(|epoch| *epoch >= 0),
                    };
                }
            }
            Ok(offsets)
        },
    )
}

/// The name and description of every topic, or of `topic`, from metadata.
pub(super) fn metadata(
    client: &mut Client,
    topic: Option<*mut sys::rd_kafka_topic_t>,
    timeout: Duration,
) -> Result<Vec<(String, Description)>, AskError> {
    let all = i32::from(topic.is_none());
    let topic = topic.unwrap_or(ptr::null_mut());
    let mut metadata = ptr::null();
    // SAFETY: handle and topic are alive; the metadata is ours until it is destroyed, and its arrays have the lengths
    // given with them. Codes are read as numbers, since the enum may lack them.
    unsafe {
        let code = sys::rd_kafka_metadata(
            client.raw(),
            all,
            topic,
            &mut metadata,
            timeout.as_millis() as i32,
        );
        if code != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Err(AskError::Refused(
                codes::code(code),
                codes::code_words(codes::code(code)),
            ));
        }
        let mut topics = Vec::new();
        for index in 0..(*metadata).topic_cnt as usize {
            let topic = &raw const *(*metadata).topics.add(index);
            let mut partitions = Vec::new();
            for index in 0..(*topic).partition_cnt as usize {
                let partition = &raw const *(*topic).partitions.add(index);
                partitions.push(PartitionDescription {
                    leader: Some((*partition).leader).filter(|id| *id >= 0),
                    replicas: (*partition).replica_cnt as u32,
                    in_sync: (*partition).isr_cnt as u32,
                });
            }
            let code = (&raw const (*topic).err).cast::<i32>().read();
            if code == 0 {
                let name = text((*topic).topic);
                topics.push((
                    name,
                    Description {
                        topic_id: None,
                        partitions,
                        may_read: None,
                        may_write: None,
                    },
                ));
            }
        }
        sys::rd_kafka_metadata_destroy(metadata);
        Ok(topics)
    }
}

/// The number of brokers; 0 if none answers in time.
pub(super) fn brokers(client: &mut Client, timeout: Duration) -> usize {
    let mut metadata = ptr::null();
    // SAFETY: the handle is alive; the metadata is ours until it is destroyed.
    unsafe {
        sys::rd_kafka_metadata(
            client.raw(),
            0,
            ptr::null_mut(),
            &mut metadata,
            timeout.as_millis() as i32,
        );
        if metadata.is_null() {
            return 0;
        }
        let count = (*metadata).broker_cnt as usize;
        sys::rd_kafka_metadata_destroy(metadata);
        count
    }
}

/// Has a new client connect to a broker as soon as it knows one, by a request to the controller whose answer nobody awaits.
///
/// From a bootstrap server librdkafka learns what brokers there are, and drops that connection. The next one is opened at
/// once only for a request to a certain broker. For others librdkafka lets 50 ms pass between two connections, and it asks
/// for its producer id only when a connection is open, or half a second later.
pub(super) fn approach(client: &Client) {
    const PATIENCE: Duration = Duration::from_secs(2);
    let kind = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER;
    // SAFETY: the client outlives the queue and the options, which are ours; the request copies the options, and an answer
    // after the queue is destroyed is dropped.
    unsafe {
        let options = sys::rd_kafka_AdminOptions_new(client.raw(), kind);
        let queue = sys::rd_kafka_queue_new(client.raw());
        let patience = PATIENCE.as_millis() as i32;
        sys::rd_kafka_AdminOptions_set_request_timeout(options, patience, ptr::null_mut(), 0);
        sys::rd_kafka_DescribeCluster(client.raw(), options, queue);
        sys::rd_kafka_AdminOptions_destroy(options);
        sys::rd_kafka_queue_destroy(queue);
    }
}

/// The id of the cluster; none if the brokers do not report one in time.
pub(super) fn cluster_id(client: &mut Client, timeout: Duration) -> Option<String> {
    // SAFETY: the handle is alive; the string is ours until it is freed.
    unsafe {
        let id = sys::rd_kafka_clusterid(client.raw(), timeout.as_millis() as i32);
        if id.is_null() {
            return None;
        }
        let copy = text(id);
        sys::rd_kafka_mem_free(client.raw(), id.cast());
        Some(copy)
    }
}

fn c_name(name: &str) -> Result<CString, AskError> {
    let invalid = codes::code(Code::RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION);
    CString::new(name).map_err(|_| AskError::Refused(invalid, codes::code_words(invalid)))
}
