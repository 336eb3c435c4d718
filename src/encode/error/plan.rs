//! Why a plan cannot be compiled.

use crate::encode::hint::Hint;

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
