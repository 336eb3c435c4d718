//! Any bytes in place of the record of a checkpoint: what is read is written again as a record with the same content.

use k2_produce::fuzzing::rewritten_checkpoint;

pub(crate) fn run(data: &[u8]) {
    let (key, value) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (&br#"["load","trades.csv"]"#[..], data),
    };
    match rewritten_checkpoint(key, value) {
        Some(Ok((key, value))) => {
            let again = rewritten_checkpoint(&key, &value).expect("a key");
            assert_eq!(again, Ok((key, value)));
        }
        Some(Err(error)) => crate::assert_message(&error),
        None => {}
    }
}
