//! Descriptions of properties without effect.

use std::fmt;

/// A property without effect, and what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// The field, with the fields around it: `leg.price`; empty for the schema's own type.
    pub path: String,
    /// The fault.
    pub fault: MisplacedFault,
}

/// Why a property has no effect. Its texts are safe for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MisplacedFault {
    /// A logical type beside the type instead of within it.
    BesideType {
        /// The logical type.
        logical: String,
        /// The type without it.
        plain: String,
    },
    /// A logical type on an unsuitable type, or without a required property.
    NotValid {
        /// The logical type.
        logical: String,
        /// The type without it.
        plain: String,
        /// Its requirements.
        needs: &'static str,
    },
    /// An unknown logical type with a name close to one of Avro's.
    Unknown {
        /// The logical type.
        logical: String,
        /// The type without it.
        plain: String,
        /// The name that was probably meant.
        near: String,
    },
    /// A precision or scale without a logical type.
    DigitsOnly {
        /// The type.
        plain: String,
    },
    /// A precision or scale of a type that cannot be a decimal.
    DigitsOfOtherType {
        /// The type.
        plain: String,
    },
    /// A default within a type instead of beside it.
    DefaultWithinType,
    /// A property with a name close to one of Avro's.
    Misspelt {
        /// The property.
        property: String,
        /// The name that was probably meant.
        meant: &'static str,
    },
}

impl fmt::Display for MisplacedFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BesideType { logical, plain } => write!(
                formatter,
                "`logicalType` `{logical}` is beside the type and has no effect: the values are plain {plain}; within \
                 the type it would have: \"type\": {{\"type\": ..., \"logicalType\": \"{logical}\"}}"
            ),
            Self::NotValid {
                logical,
                plain,
                needs,
            } => write!(
                formatter,
                "`logicalType` `{logical}` has no effect: the values are plain {plain}; it needs {needs}"
            ),
            Self::Unknown { logical, plain, near } => write!(
                formatter,
                "`logicalType` `{logical}` is unknown to Avro and has no effect: the values are plain {plain}; did \
                 you mean `{near}`?"
            ),
            Self::DigitsOnly { plain } => write!(
                formatter,
                "`precision` and `scale` have no effect without \"logicalType\": \"decimal\": the values are plain \
                 {plain}"
            ),
            Self::DigitsOfOtherType { plain } => write!(
                formatter,
                "`precision` and `scale` have no effect: the values are plain {plain}; only bytes and fixed can be \
                 decimals"
            ),
            Self::DefaultWithinType => formatter.write_str(
                "`default` is within the type and has no effect; the default of a field belongs beside its `type`",
            ),
            Self::Misspelt { property, meant } => {
                write!(formatter, "`{property}` has no effect; did you mean `{meant}`?")
            }
        }
    }
}
