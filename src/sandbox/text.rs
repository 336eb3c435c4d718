//! The text of the sandbox's report: counts, dropped messages, then a line per record.

use std::fmt;

use super::arrived::{Arrived, ArrivedRecord};
use super::printable::printable;
use crate::decode::hex;
use crate::report::figures::count;
use crate::table::{Alignment, Table};

impl fmt::Display for Arrived {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}: {} {} in {} {}",
            self.topic,
            grouped(self.total()),
            if self.total() == 1 { "message" } else { "messages" },
            self.partitions.len(),
            if self.partitions.len() == 1 {
                "partition"
            } else {
                "partitions"
            },
        )?;
        if self.partitions.len() > 1 {
            let counts: Vec<String> = self
                .partitions
                .iter()
                .map(|offsets| grouped(offsets.high))
                .collect();
            write!(out, " ({})", counts.join(" · "))?;
        }
        writeln!(out)?;
        if self.dropped() > 0 {
            let kept = self.total() - self.dropped();
            writeln!(
                out,
                "the mock broker dropped the oldest {} and keeps {}: it holds about 5 MiB per partition",
                grouped(self.dropped()),
                grouped(kept),
            )?;
        }
        let mut table = Table::new([Alignment::Left; 3]);
        for record in &self.records {
            let value = match &record.decoded {
                Ok(json) => json.clone(),
                Err(reason) => format!("not decoded: {}", printable(reason)),
            };
            let place = format!("{}:{}", record.partition, record.offset);
            table.push([place, key(record), value]);
        }
        write!(out, "{table}")?;
        Ok(())
    }
}

fn key(record: &ArrivedRecord) -> String {
    match (&record.key, &record.decoded_key) {
        (_, Some(json)) => json.clone(),
        (None, None) => "-".to_owned(),
        (Some(bytes), None) => match str::from_utf8(bytes) {
            Ok(text) => printable(text),
            Err(_) => format!("0x{}", hex(bytes)),
        },
    }
}

/// Formats `1204` as `1,204`. Offsets and their sums are never negative.
fn grouped(offset: i64) -> String {
    count(offset.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::super::arrived::Watermarks;
    use super::*;

    fn partitions<const N: usize>(offsets: [(i64, i64); N]) -> Vec<Watermarks> {
        offsets.map(|(low, high)| Watermarks { low, high }).to_vec()
    }

    #[test]
    fn the_text_has_the_counts_and_dropped_messages() {
        let record = |offset, key: Option<&[u8]>, decoded| ArrivedRecord {
            partition: 0,
            offset,
            key: key.map(<[u8]>::to_vec),
            decoded_key: None,
            payload: None,
            decoded,
        };
        let arrived = Arrived {
            topic: "market.trades.raw".to_owned(),
            partitions: partitions([(204, 1_204), (0, 906), (0, 1_000_000)]),
            records: vec![
                record(204, Some(b"BHP"), Ok("{}".to_owned())),
                record(205, None, Err("why".to_owned())),
                record(1000, Some(b"\xff\x1b"), Ok("{}".to_owned())),
            ],
        };
        let expected = "\
market.trades.raw: 1,002,110 messages in 3 partitions (1,204 · 906 · 1,000,000)
the mock broker dropped the oldest 204 and keeps 1,001,906: it holds about 5 MiB per partition
0:204   BHP     {}
0:205   -       not decoded: why
0:1000  0xff1b  {}
";
        assert_eq!(arrived.to_string(), expected);
        let one = Arrived {
            topic: "t".to_owned(),
            partitions: partitions([(0, 1)]),
            records: vec![],
        };
        assert_eq!(one.to_string(), "t: 1 message in 1 partition\n");
    }
}
