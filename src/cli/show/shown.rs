//! A message decoded for people and for files.

use super::loadable::LoadableValues;
use crate::cli::arguments::ShownForm;
use crate::cli::failure::Failure;
use crate::cli::settings::RegistryAccess;
use crate::decode::{Content, Decoder, HEADER_BYTES, Part};
use crate::kafka::{MessageTime, ReadMessage};
use crate::schema::{RegisteredSchema, RegistryClient, RegistryErrorKind, SchemaId};

/// A message with its decoded key and value.
pub(super) struct Shown<'m> {
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) time: Option<MessageTime>,
    pub(super) key: Content<'m>,
    pub(super) value: Content<'m>,
    pub(super) headers: &'m [(String, Option<Vec<u8>>)],
    /// Why a load would not read the key or the value as it is printed, if that is known.
    pub(super) unread: Option<String>,
}

impl Shown<'_> {
    /// Why the value could not be decoded, if so.
    pub(super) fn reason(&self) -> Option<&str> {
        match &self.value {
            Content::Undecoded { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

/// The schemas of messages. The registry is contacted when the first message needs it.
pub(in crate::cli) struct Schemas<'a> {
    registry: &'a RegistryAccess,
    client: Option<RegistryClient>,
    /// Of the subjects that have a schema, the one that names it.
    subject: String,
    decoder: Decoder,
    /// Reads what is printed as a load would, if it is printed for a load.
    loadable: Option<LoadableValues>,
}

impl<'a> Schemas<'a> {
    pub(in crate::cli) fn new(registry: &'a RegistryAccess, topic: &str, form: ShownForm) -> Schemas<'a> {
        Schemas {
            registry,
            client: None,
            subject: format!("{topic}-value"),
            decoder: Decoder::default(),
            loadable: (form == ShownForm::Envelope).then(LoadableValues::default),
        }
    }

    /// The message, decoded.
    ///
    /// # Errors
    /// The registry cannot be reached or refuses.
    pub(super) fn shown<'m>(&mut self, message: &'m ReadMessage) -> Result<Shown<'m>, Failure> {
        let mut shown = Shown {
            partition: message.partition,
            offset: message.offset,
            time: message.time,
            key: self.key(message)?,
            value: self.content(Part::Value, message.value.as_deref())?,
            headers: &message.headers,
            unread: None,
        };
        let parts = [(&mut shown.key, &message.key), (&mut shown.value, &message.value)];
        for (content, bytes) in parts {
            let (Some(loadable), Content::Avro { id, json }, Some(bytes)) =
                (&mut self.loadable, content, bytes)
            else {
                continue;
            };
            let schema = self.decoder.schema(*id).expect("a datum was decoded with it");
            match loadable.json(*id, schema, &bytes[HEADER_BYTES..], json) {
                Ok(readable) => *json = readable,
                Err(reason) => shown.unread = Some(reason),
            }
        }
        Ok(shown)
    }

    /// The key of the message, decoded.
    ///
    /// # Errors
    /// The registry cannot be reached or refuses.
    pub(super) fn key<'m>(&mut self, message: &'m ReadMessage) -> Result<Content<'m>, Failure> {
        self.content(Part::Key, message.key.as_deref())
    }

    pub(in crate::cli) fn content<'m>(
        &mut self,
        part: Part,
        bytes: Option<&'m [u8]>,
    ) -> Result<Content<'m>, Failure> {
        let Schemas {
            registry,
            client,
            subject,
            decoder,
            loadable: _,
        } = self;
        decoder.content(part, bytes, |id| {
            let client = match client {
                Some(client) => client,
                None => client.insert(registry.client()?),
            };
            fetch(client, id, subject)
        })
    }
}

/// The schema with this id, or the reason why its messages cannot be decoded.
fn fetch(
    client: &RegistryClient,
    id: SchemaId,
    subject: &str,
) -> Result<Result<RegisteredSchema, String>, Failure> {
    client
        .by_id(id, None, subject)
        .map(Ok)
        .or_else(|error| match error.kind() {
            RegistryErrorKind::SchemaMissing
            | RegistryErrorKind::SubjectMissing
            | RegistryErrorKind::VersionMissing
            | RegistryErrorKind::NotAvro
            | RegistryErrorKind::References
            | RegistryErrorKind::Refused
            | RegistryErrorKind::Schema(_) => Ok(Err(error.to_string())),
            _ => Err(error.into()),
        })
}
