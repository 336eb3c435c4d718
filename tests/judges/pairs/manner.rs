//! How a whole file is written. Its user declares this with flags.

/// How the values of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    pub bytes: BytesEncoding,
    pub form: JsonForm,
    /// The unit of numeric timestamps; the schema's own if none is declared.
    pub epoch: Option<EpochUnit>,
}

impl Manner {
    /// Declares only the encoding of bytes, as in Avro's own JSON.
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
    /// With or without a wrapper, differently for each value.
    Either,
    /// Always without a wrapper.
    Plain,
    /// Always with a wrapper, except null.
    Avro,
}

/// A unit of numeric timestamps.
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

    /// The number of fraction digits of a second.
    pub(crate) fn digits(self) -> i64 {
        match self {
            EpochUnit::Seconds => 0,
            EpochUnit::Millis => 3,
            EpochUnit::Micros => 6,
            EpochUnit::Nanos => 9,
        }
    }
}
