//! Reads the rows of a sample in one way: a reading suits a field if the encoder accepts what it makes of them.

use std::sync::Arc;

use super::super::Sample;
use super::readings::Reading;
use crate::encode::{Encoder, Explainer, KeyChoice, MessagePlan, PlanSettings};
use crate::mapping::{Binding, BindingError, MapError, MapFile, Mapping};
use crate::schema::RegisteredSchema;

/// Most readings suit no row, which the first of them show.
const FIRST_ROWS: usize = 10;

/// A missing value in every row. A mapping with the constant `null` for a required field would be refused.
const MISSING: &str = "translate(line_number(), {}, default = null)";

pub(super) struct Trial<'a> {
    pub(super) sample: &'a Sample,
    pub(super) schema: &'a RegisteredSchema,
    /// The rules that were chosen on the command line.
    pub(super) mapping: &'a Mapping,
}

/// What a reading makes of the rows in which its columns have values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// How many of these rows the encoder accepts.
    pub(super) good: usize,
    pub(super) of: usize,
    /// The texts that the encoder reads: two readings with the same texts have the same meaning.
    texts: Vec<Option<Vec<u8>>>,
}

/// Why a column is not the source of a field.
pub(super) struct Refusal {
    /// How many of its values fit, and of how many.
    pub(super) good: usize,
    pub(super) of: usize,
    /// The first value that does not.
    pub(super) value: String,
    pub(super) reason: String,
}

impl Outcome {
    pub(super) fn is_perfect(&self) -> bool {
        self.good == self.of
    }

    pub(super) fn means_the_same(&self, other: &Outcome) -> bool {
        self.texts == other.texts
    }
}

impl Trial<'_> {
    /// What a reading of these columns makes of the field at `path`; none if it cannot be used, or suits none of the
    /// first rows.
    pub(super) fn outcome(&self, path: &str, reading: &Reading, sources: &[usize]) -> Option<Outcome> {
        let has_values = |row: &usize| {
            sources
                .iter()
                .all(|source| self.sample.sources[*source].is_present(*row))
        };
        let rows: Vec<usize> = (0..self.sample.rows.len()).filter(has_values).collect();
        let mut outcome = Outcome {
            good: 0,
            of: rows.len(),
            texts: Vec::new(),
        };
        self.with_explainer(path, &reading.lines(path), |explainer| {
            for (number, row) in rows.iter().enumerate() {
                if number == FIRST_ROWS && outcome.good == 0 {
                    return;
                }
                let explained = explainer.explain(*row as u64 + 1, *row as u64 + 1, &self.sample.rows[*row]);
                let is_good = match &explained.message {
                    Ok(_) => true,
                    Err(error) => error
                        .all()
                        .all(|fault| is_elsewhere(fault.field.as_deref(), path)),
                };
                outcome.good += usize::from(is_good);
                let text = explained.fields.into_iter().find(|field| field.path == path);
                outcome.texts.push(text.and_then(|field| field.text));
            }
        })?;
        (outcome.good > 0 || outcome.of == 0).then_some(outcome)
    }

    /// What is wrong with the first value of a column that a reading does not suit; none if it suits all of them, or
    /// cannot be used.
    pub(super) fn refusal(&self, path: &str, reading: &Reading, source: usize) -> Option<Refusal> {
        let column = &self.sample.sources[source];
        let (mut good, mut of, mut first) = (0, 0, None);
        self.with_explainer(path, &reading.lines(path), |explainer| {
            for (number, row) in self.sample.rows.iter().enumerate() {
                if !column.is_present(number) {
                    continue;
                }
                of += 1;
                let explained = explainer.explain(number as u64 + 1, number as u64 + 1, row);
                let fault = explained.message.err().and_then(|error| {
                    let mut faults = error.all();
                    let own = faults.find(|fault| !is_elsewhere(fault.field.as_deref(), path));
                    own.map(|fault| fault.reason.clone())
                });
                match fault {
                    None => good += 1,
                    Some(reason) => {
                        let value = column.values[number].clone().unwrap_or_default();
                        first.get_or_insert((value, reason));
                    }
                }
            }
        })?;
        let (value, reason) = first?;
        Some(Refusal {
            good,
            of,
            value,
            reason,
        })
    }

    /// Explains rows with a mapping of these lines, in which other fields may be errors; none if it cannot be used.
    fn with_explainer(&self, path: &str, lines: &str, explain: impl FnOnce(&mut Explainer)) -> Option<()> {
        // Keys that the mapping does not use are no fault of this reading.
        let lines = match self.sample.header {
            Some(_) => lines.to_owned(),
            None => format!("{lines}rules.ignore-unknown = true\n"),
        };
        let mut mapping = self.mapped(&lines).ok()?;
        let mut nulls = String::new();
        if let Err(BindingError::Unbound { table, .. }) = self.bind(&mapping) {
            for (other, ..) in table
                .iter()
                .filter(|(other, _, from)| from.is_err() && other != path)
            {
                nulls.push_str(&format!("fields.{} = '{MISSING}'\n", super::text::key(other)));
            }
            mapping = self.mapped(&format!("{nulls}{lines}")).ok()?;
        }
        let binding = self.bind(&mapping).ok()?;
        let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).ok()?;
        let format = self.sample.format.clone();
        let mut explainer = Explainer::new(&binding, Arc::new(plan), &mapping, format);
        explain(&mut explainer);
        Some(())
    }

    /// How many rows fit with a whole mapping file.
    ///
    /// # Errors
    /// The text is not a mapping file.
    pub(super) fn fitting(&self, text: &str) -> Result<usize, MapError> {
        let mapping = self.mapped(text)?;
        let plan = self
            .bind(&mapping)
            .ok()
            .and_then(|binding| MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).ok());
        let Some(plan) = plan else { return Ok(0) };
        let mut encoder = Encoder::new(Arc::new(plan)).with_format(self.sample.format.clone());
        let mut out = Vec::new();
        let fitting = self.sample.rows.iter().filter(|row| {
            out.clear();
            encoder.encode_line(row, &mut out).is_ok()
        });
        Ok(fitting.count())
    }

    fn mapped(&self, text: &str) -> Result<Mapping, MapError> {
        let map = MapFile::parse("the draft", text)?;
        Ok(self.mapping.clone().with_map(Arc::new(map)))
    }

    fn bind(&self, mapping: &Mapping) -> Result<Binding<'_>, BindingError> {
        match &self.sample.header {
            Some(header) => mapping.bind_columns(header, self.schema),
            None => mapping.bind_keys(self.schema),
        }
    }
}

/// Whether a fault in `field` says nothing about the field at `path`. A fault without a field is one of the whole row.
fn is_elsewhere(field: Option<&str>, path: &str) -> bool {
    field.is_some_and(|field| {
        !field
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}
