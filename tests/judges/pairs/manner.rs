//! How a whole file is written: what its user has to say of it by flags.

/// The manner of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    pub bytes: BytesEncoding,
    pub form: JsonForm,
    /// The unit of the numbers that stand for instants; the schema's own where none is declared.
    pub epoch: Option<EpochUnit>,
}

impl Manner {
    /// Nothing declared but how bytes are written, in the way that Avro's own JSON has.
    pub(crate) const STRICT: Manner = Manner {
        bytes: BytesEncoding::Latin1,
        form: JsonForm::Either,
        epoch: None,
    };
}

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BytesEncoding {
    Latin1,
    Base64,
    Hex,
    Utf8,
}

impl BytesEncoding {
    pub(crate) const ALL: [BytesEncoding; 4] = [
        BytesEncoding::Latin1,
        BytesEncoding::Base64,
        BytesEncoding::Hex,
        BytesEncoding::Utf8,
    ];
}

/// How the values of unions are written in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonForm {
    /// With or without a wrapper, value by value.
    Either,
    /// None has a wrapper.
    Plain,
    /// All have one but null.
    Avro,
}

/// A unit of numbers that stand for instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EpochUnit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl EpochUnit {
    pub(crate) const ALL: [EpochUnit; 4] = [
        EpochUnit::Seconds,
        EpochUnit::Millis,
        EpochUnit::Micros,
        EpochUnit::Nanos,
    ];

    /// Digits behind the second.
    pub(crate) fn digits(self) -> i64 {
        match self {
            EpochUnit::Seconds => 0,
            EpochUnit::Millis => 3,
            EpochUnit::Micros => 6,
            EpochUnit::Nanos => 9,
        }
    }
}
