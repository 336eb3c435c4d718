//! Values of envelopes in a form that a load reads as the same values.
//!
//! A union of a map and other types may read a wrapper as an entry of the map, so each value is read as a load would
//! read it before it is printed, and is written in another form if that fails.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::decode::{DatumSchema, Form, Wrappers};
use crate::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
use crate::mapping::rules::BytesEncoding;
use crate::mapping::{Mapping, Rules};
use crate::schema::{RegisteredSchema, SchemaId};

/// Reads values as a load does. Each schema is compiled once.
#[derive(Default)]
pub(super) struct LoadableValues {
    /// By the id of the schema, or the reason why nothing can be loaded with it.
    encoders: HashMap<SchemaId, Result<Encoder, String>>,
    datum: Vec<u8>,
}

impl LoadableValues {
    /// The datum as JSON that is read as this datum; `usual` is its usual form.
    ///
    /// # Errors
    /// Why the usual form is not read, if no form is.
    pub(super) fn json(
        &mut self,
        id: SchemaId,
        (registered, schema): (&RegisteredSchema, &DatumSchema),
        datum: &[u8],
        usual: &Json,
    ) -> Result<Json, String> {
        let encoder = self.encoders.entry(id).or_insert_with(|| encoder(registered));
        let encoder = encoder.as_mut().map_err(|reason| reason.clone())?;
        let read = &mut self.datum;
        let mut reads = |json: &Json| {
            read.clear();
            let encoded = encoder.encode_line(json.to_string().as_bytes(), read);
            encoded.map_err(|error| error.to_string())?;
            // The same value may have been written in other bytes: the order of a map, a decimal with leading zeros.
            let is_same = **read == *datum
                || schema.json(read, Form::Loadable(Wrappers::All))
                    == schema.json(datum, Form::Loadable(Wrappers::All));
            match is_same {
                true => Ok(()),
                false => Err("it would be read as another value".to_owned()),
            }
        };
        let Err(reason) = reads(usual) else {
            return Ok(usual.clone());
        };
        for wrappers in [Wrappers::None, Wrappers::All] {
            let json = schema.json(datum, Form::Loadable(wrappers))?;
            if reads(&json).is_ok() {
                return Ok(json);
            }
        }
        Err(reason)
    }
}

/// The encoder of a load with `--bytes-encoding base64`. It writes no header.
fn encoder(registered: &RegisteredSchema) -> Result<Encoder, String> {
    let mut schema = registered.clone();
    schema.id = None;
    let rules = Rules {
        bytes_encoding: Some(BytesEncoding::Base64),
        ..Rules::default()
    };
    let binding = Mapping::by_name(rules).bind_keys(&schema);
    let binding = binding.map_err(|error| error.to_string())?;
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None));
    Ok(Encoder::new(Arc::new(plan.map_err(|error| error.to_string())?)))
}

#[cfg(test)]
mod tests;
