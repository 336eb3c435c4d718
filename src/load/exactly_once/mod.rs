//! Exactly-once loads: rows and the position reached in the input are written in one transaction.

#[allow(dead_code)]
mod protocol;
#[cfg(test)]
mod search;
