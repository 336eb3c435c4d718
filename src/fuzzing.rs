//! What fuzz targets (`fuzz/src`) call besides the library's interface. It is not part of the interface, and may change at
//! any time.

use serde_json::{Map, Value as Json};

use crate::decode::{self, Content, Decoder, Part};
pub use crate::input::{UnnestedRows, unnested_rows};
use crate::load::{InputCheckpoint, checkpoint_key, parse_checkpoint_key};
use crate::record::json::{self, Kind, Node};
use crate::schema::{RegisteredSchema, SchemaId};

/// The value of a JSON text, as its nodes say; of members with the same key the last one.
///
/// # Errors
/// Where the text is not JSON, and why.
pub fn json_value(text: &[u8]) -> Result<Json, (usize, &'static str)> {
    let mut nodes = Vec::new();
    json::parse(text, &mut nodes).map_err(|fault| (fault.offset, fault.what))?;
    Ok(value_of(text, &nodes, 0))
}

/// How deep the arrays and objects of a JSON text are nested; 0 if it is not JSON.
pub fn json_depth(text: &[u8]) -> usize {
    let mut nodes = Vec::new();
    if json::parse(text, &mut nodes).is_err() {
        return 0;
    }
    let (mut open, mut depth) = (Vec::new(), 0);
    for (index, node) in nodes.iter().enumerate() {
        open.retain(|end| *end > index);
        if matches!(node.kind, Kind::Array | Kind::Object) {
            open.push(node.next as usize);
            depth = depth.max(open.len());
        }
    }
    depth
}

fn value_of(text: &[u8], nodes: &[Node], at: usize) -> Json {
    let node = nodes[at];
    let raw = &text[node.start as usize..node.end as usize];
    let string = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    match node.kind {
        Kind::Null => Json::Null,
        Kind::True => true.into(),
        Kind::False => false.into(),
        Kind::Number => serde_json::from_slice(raw).expect("a number is JSON"),
        Kind::String => string(raw.to_vec()).into(),
        Kind::EscapedString => {
            let mut out = Vec::new();
            json::unescape(raw, &mut out);
            string(out).into()
        }
        Kind::Array => content(nodes, at)
            .map(|item| value_of(text, nodes, item))
            .collect(),
        Kind::Object => {
            let parts: Vec<usize> = content(nodes, at).collect();
            let member = |member: &[usize]| {
                let key = value_of(text, nodes, member[0]);
                (
                    key.as_str().unwrap_or_default().to_owned(),
                    value_of(text, nodes, member[1]),
                )
            };
            Json::Object(parts.chunks(2).map(member).collect::<Map<_, _>>())
        }
    }
}

/// The nodes directly within a container.
fn content(nodes: &[Node], container: usize) -> impl Iterator<Item = usize> {
    let end = nodes[container].next as usize;
    let inside = move |node: &usize| *node < end;
    let first = Some(container + 1).filter(inside);
    std::iter::successors(first, move |node| Some(nodes[*node].next as usize).filter(inside))
}

/// The value of a message, as `k2-produce show --format envelope` decodes it.
///
/// # Errors
/// Why it cannot be decoded.
pub fn message_json(schema: &RegisteredSchema, datum: &[u8]) -> Result<Json, String> {
    let message = [&[0; decode::HEADER_BYTES], datum].concat();
    let fetch = |_: SchemaId| Ok::<_, ()>(Ok(schema.clone()));
    let content = Decoder::default().content(Part::Value, Some(&message), fetch);
    match content.map_err(|()| "no schema".to_owned())? {
        Content::Avro { json, .. } => Ok(json),
        Content::Undecoded { reason, .. } => Err(reason),
        other => Err(format!("taken for {other:?}")),
    }
}

/// Where each field of a datum ends, as `k2-produce verify` finds it; none if it is not a datum of the schema.
pub fn field_ends(schema: &RegisteredSchema, datum: &[u8]) -> Option<Vec<usize>> {
    let mut ends = Vec::new();
    decode::field_ends(&schema.avro, datum, &mut ends).then_some(ends)
}

/// The key and the value of a record.
pub type KeyAndValue = (Vec<u8>, Vec<u8>);

/// Reads the record of a checkpoint, and writes it again; none for the record of something else.
///
/// # Errors
/// Why it cannot be read.
pub fn rewritten_checkpoint(key: &[u8], value: &[u8]) -> Option<Result<KeyAndValue, String>> {
    let (load, input) = parse_checkpoint_key(key)?;
    let checkpoint = InputCheckpoint::parse(value);
    Some(checkpoint.map(|checkpoint| (checkpoint_key(&load, &input), checkpoint.value(&load, &input))))
}
