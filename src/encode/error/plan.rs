//! Why a plan cannot be compiled.

use crate::encode::hint::Hint;
use crate::mapping::{Constant, MapError};

/// Why a schema cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// What is wrong.
    pub message: String,
    /// What would help.
    pub hint: Option<Hint>,
}

impl PlanError {
    pub(in crate::encode) fn new(message: impl Into<String>) -> PlanError {
        PlanError {
            message: message.into(),
            hint: None,
        }
    }

    /// The error of a value that the mapping gives every row and that no row can have.
    pub(in crate::encode) fn unfit_constant(
        constant: &Constant<'_>,
        reason: &str,
        hint: Option<Hint>,
    ) -> PlanError {
        let message = format!("the value does not fit `{}`: {reason}", constant.field);
        PlanError {
            message: MapError::at(constant.place.clone(), message).to_string(),
            hint,
        }
    }

    pub(in crate::encode) fn with_hint(mut self, hint: impl Into<Hint>) -> PlanError {
        self.hint = Some(hint.into());
        self
    }
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for PlanError {}
