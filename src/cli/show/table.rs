//! Messages as a table for people.
//!
//! The widths of a topic's columns are not known before its end, so lines are written in groups, and a column never
//! becomes narrower.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::shown::Shown;
use crate::decode::{Content, Unit, timestamp};
use crate::escape::{self, printable};
use crate::kafka::MessageTime;
use crate::table::{Alignment, Table};

const COLUMNS: usize = 5;
/// Lines that are aligned together.
const GROUP: usize = 500;
/// Longer texts are cut in all columns but the last.
const LONGEST: usize = 60;

/// The lines that are not written yet.
pub(super) struct MessageTable {
    table: Table<COLUMNS>,
    lines: usize,
}

impl Default for MessageTable {
    fn default() -> MessageTable {
        let mut table = Table::new([Alignment::Left; COLUMNS]);
        table.push(["offset", "time", "key", "headers", "value"].map(str::to_owned));
        MessageTable { table, lines: 0 }
    }
}

impl MessageTable {
    /// Adds a message. Returns the lines of a group when it is full.
    pub(super) fn push(&mut self, shown: &Shown<'_>) -> Option<String> {
        self.table.push(cells(shown));
        self.lines += 1;
        (self.lines == GROUP).then(|| self.take())
    }

    /// The lines since the last group.
    pub(super) fn take(&mut self) -> String {
        let text = self.table.to_string();
        let mut next = Table::new([Alignment::Left; COLUMNS]);
        for column in 0..COLUMNS - 1 {
            next = next.with_width(column, self.table.width(column));
        }
        self.table = next;
        self.lines = 0;
        text
    }
}

fn cells(shown: &Shown<'_>) -> [String; COLUMNS] {
    let time = shown.time.map(MessageTime::millis);
    let time = time.map_or(String::new(), |millis| {
        timestamp(millis, Unit::Millis).unwrap_or_else(|| millis.to_string())
    });
    let headers: Vec<String> = shown
        .headers
        .iter()
        .map(|(name, value)| {
            let value = value
                .as_deref()
                .map_or("null".into(), |value| printable(value, LONGEST));
            format!("{}={value}", printable(name.as_bytes(), LONGEST))
        })
        .collect();
    let key = match &shown.key {
        Content::Null => "-".to_owned(),
        key => plain(key),
    };
    [
        format!("{}:{}", shown.partition, shown.offset),
        time,
        printable(key.as_bytes(), LONGEST).into_owned(),
        printable(headers.join(" ").as_bytes(), LONGEST).into_owned(),
        plain(&shown.value),
    ]
}

fn plain(content: &Content<'_>) -> String {
    match content {
        Content::Null => "null".to_owned(),
        Content::Avro { json, .. } => escape::json(&json.to_string()).into_owned(),
        Content::Json(json) => escape::json(json).into_owned(),
        Content::Text(text) => printable(text.as_bytes(), usize::MAX).into_owned(),
        Content::Bytes(bytes) => format!("base64 {}", STANDARD.encode(bytes)),
        Content::Undecoded { bytes, reason } => {
            let reason = printable(reason.as_bytes(), 500);
            format!("not decoded: {reason}; base64 {}", STANDARD.encode(bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_line_that_is_safe_to_print() {
        let headers = [("h".to_owned(), None), ("i".to_owned(), Some(b"1\n".to_vec()))];
        let mut table = MessageTable::default();
        let shown = |value| Shown {
            partition: 0,
            offset: 7,
            time: Some(MessageTime::Created(0)),
            key: Content::Text("B\x1b[2J"),
            value,
            headers: &headers,
            unread: None,
        };
        assert_eq!(
            table.push(&shown(Content::Json("{\"a\":\"\u{202e}\"}".to_owned()))),
            None
        );
        let undecoded = Content::Undecoded {
            bytes: b"\0",
            reason: "why".to_owned(),
        };
        table.push(&shown(undecoded));
        assert_eq!(
            table.take(),
            "offset  time                      key       headers       value\n\
             0:7     1970-01-01T00:00:00.000Z  B\\x1b[2J  h=null i=1\\n  {\"a\":\"\\u202e\"}\n\
             0:7     1970-01-01T00:00:00.000Z  B\\x1b[2J  h=null i=1\\n  not decoded: why; base64 AA==\n"
        );
        table.push(&shown(Content::Null));
        assert!(
            table.take().starts_with("0:7     1970-01-01"),
            "the widths are kept"
        );
    }
}
