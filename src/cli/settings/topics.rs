//! The topics of a run: that of the command line, or those that a mapping can choose.

use std::fmt::Display;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::escape::printable;
use crate::kafka::is_topic_name;
use crate::mapping::{MapError, MapFile, Place, possible_topics};

/// What the name of a topic consists of.
const NAMES: &str = "a name has up to 249 letters, digits, `.`, `_` and `-`, and is not `.` or `..`";

fn not_a_name(name: &str) -> String {
    format!(
        "`{}` cannot be the name of a topic",
        printable(name.as_bytes(), 300)
    )
}

/// The topics of a run.
#[derive(Debug, Default)]
pub(in crate::cli) struct Topics {
    /// Each once; none for a check without a topic.
    pub(in crate::cli) names: Vec<String>,
    /// Where the mapping chooses them; none if the command line does.
    place: Option<Place>,
}

impl Topics {
    /// `topic` wins over the mapping, which loses what is not needed; `listed` are the topics that it may choose.
    ///
    /// # Errors
    /// The topics that the mapping chooses are not known, or one of them cannot be the name of a topic.
    pub(super) fn decide(
        topic: Option<String>,
        listed: &[String],
        map: &mut MapFile,
    ) -> Result<Topics, Failure> {
        if let Some(topic) = topic {
            map.leave_out_topic();
            return Ok(Topics {
                names: vec![topic],
                place: None,
            });
        }
        let listed: Vec<String> = listed.iter().map(|name| name.trim().to_owned()).collect();
        if let Some(name) = listed.iter().find(|name| !is_topic_name(name)) {
            return Err(
                Failure::new(Exit::Usage, format!("`--topics`: {}", not_a_name(name))).with_hint(Some(NAMES)),
            );
        }
        let Some(possible) = possible_topics(map, &listed)? else {
            return match &listed[..] {
                [] => Ok(Topics::default()),
                _ => {
                    let message = "`--topics` lists the topics that a mapping may choose, and there is no `topic` in \
                                   `[message]`";
                    Err(Failure::new(Exit::Usage, message).with_hint(Some("name one topic with `--topic`")))
                }
            };
        };
        if let Some(name) = possible.names.iter().find(|name| !is_topic_name(name)) {
            return Err(MapError::at(possible.place, not_a_name(name))
                .with_hint(NAMES)
                .into());
        }
        if possible.is_constant {
            map.leave_out_topic();
        }
        Ok(Topics {
            names: possible.names,
            place: Some(possible.place),
        })
    }

    /// The topics in one word, as a label.
    pub(in crate::cli) fn label(&self) -> String {
        self.names.join(",")
    }

    /// The failure because of a topic that does not exist: where the mapping chooses it, or else with `exit`.
    pub(in crate::cli) fn missing(&self, exit: Exit, message: impl Display) -> Failure {
        match &self.place {
            Some(place) => MapError::at(place.clone(), message.to_string()).into(),
            None => Failure::new(exit, message.to_string()),
        }
    }

    /// The failure because topics cannot be used together.
    pub(in crate::cli) fn refused(&self, message: String, hint: &str) -> Failure {
        self.missing(Exit::Usage, message).with_hint(Some(hint))
    }
}
