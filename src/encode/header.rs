//! The headers of a message: their names and the sources of their values.

use super::error::PlanError;
use super::mapped_part::MappedPart;
use super::message_text::MessageText;
use super::offsets::Tracker;
use super::template::Template;
use crate::mapping::MessageColumns;

/// A header that every message has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageHeader {
    /// Its name.
    pub name: String,
    /// The source of its value.
    pub source: HeaderSource,
}

/// The source of a header's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderSource {
    /// A text, with or without fields of the row; null if one of the fields is null.
    Template(Template),
    /// The value of the mapping for the header with this index among its headers; null if it is missing.
    Mapped(usize),
    /// The name of the row's file, as the user gave it.
    File,
    /// The physical line on which the row starts.
    Line,
}

/// A header, compiled.
#[derive(Debug)]
pub(crate) struct HeaderPlan {
    pub(crate) name: String,
    pub(crate) value: HeaderValue,
}

/// The source of a header's value, compiled.
#[derive(Debug)]
pub(crate) enum HeaderValue {
    /// The same text for every message.
    Constant(String),
    /// The encoder builds it from the row.
    Row(MessageText),
    /// The mapping computes it from the row.
    Mapped(MappedPart),
    /// The caller, which reads the file, knows its name.
    File,
    /// The caller, which reads the file, knows the line.
    Line,
    /// Any number of headers that the row itself names.
    Own,
}

impl HeaderPlan {
    /// The headers that envelopes name, in place of a single one.
    pub(super) fn own() -> HeaderPlan {
        HeaderPlan {
            name: String::new(),
            value: HeaderValue::Own,
        }
    }

    pub(super) fn compile(
        header: &MessageHeader,
        mapped: Option<&MessageColumns>,
        tracker: &mut Tracker<'_>,
    ) -> Result<HeaderPlan, PlanError> {
        let value = match &header.source {
            HeaderSource::File => HeaderValue::File,
            HeaderSource::Line => HeaderValue::Line,
            HeaderSource::Mapped(index) => HeaderValue::Mapped(MappedPart {
                column: mapped
                    .and_then(|columns| columns.headers.get(*index).copied())
                    .ok_or_else(|| {
                        PlanError::new(format!(
                            "the mapping has no value for the header `{}`",
                            header.name
                        ))
                    })?,
                name: format!("message.headers.{}", header.name),
            }),
            HeaderSource::Template(template) => match template.constant() {
                Some(text) => HeaderValue::Constant(text),
                None => HeaderValue::Row(MessageText::compile(template, tracker, "a header")?),
            },
        };
        Ok(HeaderPlan {
            name: header.name.clone(),
            value,
        })
    }
}
