//! Ties the columns of a header, or the keys of JSON rows, to the fields of a schema, once, before the first row.
//!
//! A column feeds the field of its name, letter by letter, unless the mapping names another; a field within a record
//! is named by its path, `instrument.symbol`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Mapping;
use super::absent_record;
use super::error::{BindingError, BoundField, SHOWN};
use super::near::folded;
use super::rules::Rules;
use super::source::{Expression, FieldSource};
use crate::escape::printable;
use crate::schema::{AvroSchema, Base, RegisteredSchema, SchemaField, TypeId};

/// A schema whose fields are tied to the columns or the keys of rows.
///
/// It holds the schema that it was made for, and nobody else can put one together, so a plan has exactly one source
/// for each field of its schema:
///
/// ```compile_fail
/// let forged = k2_produce::mapping::Binding { ignored: Vec::new() };
/// ```
#[derive(Debug, Clone)]
pub struct Binding<'s> {
    schema: &'s RegisteredSchema,
    rules: Arc<Rules>,
    /// The names of the columns; none for rows that name their fields themselves.
    header: Option<Vec<String>>,
    root: RootSource,
    /// Columns that the mapping leaves out.
    left_out: Arc<BTreeSet<String>>,
    ignored: Vec<String>,
    defaulted: Vec<String>,
    nulled: Vec<String>,
    /// Fields within records that no column feeds, as far as a column that feeds nothing has nearly their name.
    within_absent: Vec<String>,
    read_elsewhere: Vec<ReadElsewhere>,
}

/// A column that feeds nothing though a field has its name: another column feeds that field, or the record around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadElsewhere {
    /// The column that feeds nothing.
    pub column: String,
    /// The path of the field that another column feeds.
    pub field: String,
    /// The column that feeds it.
    pub from: String,
}

/// Where the value of the schema's own type comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RootSource {
    /// It is a record: one source for each field, in the schema's order.
    Fields(Vec<FieldSource>),
    /// It is not a record.
    Value(FieldSource),
}

impl<'s> Binding<'s> {
    /// The schema whose fields are bound.
    pub fn schema(&self) -> &'s RegisteredSchema {
        self.schema
    }

    /// The names of the columns; none where the fields are bound to JSON keys.
    pub fn header(&self) -> Option<&[String]> {
        self.header.as_deref()
    }

    /// Columns that feed no field, without those that the mapping ignores on purpose.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Columns that the mapping ignores on purpose, whether the header has them or not.
    pub fn left_out(&self) -> &BTreeSet<String> {
        &self.left_out
    }

    /// Fields that no column feeds and that take their default.
    pub fn defaulted(&self) -> &[String] {
        &self.defaulted
    }

    /// Fields that no column feeds and that are null in every row.
    pub fn nulled(&self) -> &[String] {
        &self.nulled
    }

    /// Fields that no column feeds, whatever they take; with those within them that an ignored column nearly names.
    pub fn absent(&self) -> impl Iterator<Item = &String> {
        let fields = self.defaulted.iter().chain(&self.nulled);
        fields.chain(&self.within_absent)
    }

    /// The ignored columns whose name a field has.
    pub fn read_elsewhere(&self) -> &[ReadElsewhere] {
        &self.read_elsewhere
    }

    /// The rules of every field that has none of its own.
    pub(crate) fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    pub(crate) fn root(&self) -> &RootSource {
        &self.root
    }

    /// Ties the fields of another schema to the same rows, by their names.
    ///
    /// # Errors
    /// Those of [`Mapping::bind_columns`].
    pub(crate) fn bind_same_rows<'o>(
        &self,
        schema: &'o RegisteredSchema,
        rules: Rules,
    ) -> Result<Binding<'o>, BindingError> {
        let mapping = Mapping {
            ignored_columns: Arc::clone(&self.left_out),
            ..Mapping::by_name(rules)
        };
        match &self.header {
            Some(header) => mapping.bind_columns(header, schema),
            None => mapping.bind_keys(schema),
        }
    }

    /// Ties another schema's own type to one column or key of the same rows; none where there is no such column.
    pub(crate) fn bind_value<'o>(
        &self,
        schema: &'o RegisteredSchema,
        name: &str,
        rules: Rules,
    ) -> Option<Binding<'o>> {
        let expression = match &self.header {
            Some(header) => Expression::Column(header.iter().position(|column| column == name)?),
            None => Expression::Key(name.to_owned()),
        };
        let rules = Arc::new(rules);
        let source = FieldSource {
            expression,
            rules: Arc::clone(&rules),
        };
        Some(Binding {
            header: self.header.clone(),
            ..Binding::new(schema, rules, RootSource::Value(source))
        })
    }

    fn new(schema: &'s RegisteredSchema, rules: Arc<Rules>, root: RootSource) -> Binding<'s> {
        Binding {
            schema,
            rules,
            header: None,
            root,
            left_out: Arc::default(),
            ignored: Vec::new(),
            defaulted: Vec::new(),
            nulled: Vec::new(),
            within_absent: Vec::new(),
            read_elsewhere: Vec::new(),
        }
    }
}

pub(super) fn to_columns<'s>(
    mapping: &Mapping,
    header: &[String],
    schema: &'s RegisteredSchema,
) -> Result<Binding<'s>, BindingError> {
    let is_left_out = |name: &String| mapping.ignored_columns.contains(name);
    if let Some(error) = duplicate(header, is_left_out) {
        return Err(error);
    }
    let avro = &schema.avro;
    let rules = &mapping.rules;
    let bound = |root| Binding {
        header: Some(header.to_vec()),
        left_out: Arc::clone(&mapping.ignored_columns),
        ..Binding::new(schema, Arc::clone(rules), root)
    };
    let taken = header.iter().enumerate().filter(|(_, name)| !is_left_out(name));
    let rows_are_fields = avro.row_fields().filter(|fields| {
        // Of a record or null, a column that is none of its fields holds the value itself, as JSON.
        let is_fed = |name: &String| fields.iter().any(|field| mapping.name_of(&field.name) == name);
        avro.root_fields().is_some() || header.len() > 1 || header.iter().any(is_fed)
    });
    let Some(fields) = rows_are_fields else {
        let taken: Vec<usize> = taken.map(|(index, _)| index).collect();
        let [column] = taken[..] else {
            return Err(BindingError::NotARecord {
                found: avro.describe(avro.root()).to_string(),
                columns: taken.len(),
            });
        };
        nothing_unmapped(mapping, &BTreeSet::new())?;
        return Ok(bound(RootSource::Value(FieldSource {
            expression: Expression::Column(column),
            rules: Arc::clone(rules),
        })));
    };
    let mut binder = Binder {
        mapping,
        header,
        columns: taken.map(|(index, name)| (name.as_str(), index)).collect(),
        schema: avro,
        fed: header.iter().map(is_left_out).collect(),
        mapped: BTreeSet::new(),
        table: Vec::new(),
        unfed: Vec::new(),
        unbound: false,
        nullable: false,
        defaulted: Vec::new(),
        nulled: Vec::new(),
        absent: Vec::new(),
        read: HashMap::new(),
    };
    let sources = binder.fields(fields, "", rules);
    nothing_unmapped(mapping, &binder.mapped)?;
    let unused = header.iter().zip(&binder.fed).filter(|(_, fed)| !**fed);
    let unused: Vec<String> = unused.map(|(name, _)| name.clone()).collect();
    if binder.unbound {
        binder.suggest_near_columns();
        return Err(BindingError::Unbound {
            table: binder.table,
            nullable: binder.nullable,
            unused,
        });
    }
    Ok(Binding {
        within_absent: absent_record::near_paths(avro, &binder.absent, &unused),
        read_elsewhere: unused
            .iter()
            .filter_map(|name| binder.read_elsewhere(name))
            .collect(),
        ignored: unused,
        defaulted: binder.defaulted,
        nulled: binder.nulled,
        ..bound(RootSource::Fields(sources))
    })
}

pub(super) fn to_keys<'s>(
    mapping: &Mapping,
    schema: &'s RegisteredSchema,
) -> Result<Binding<'s>, BindingError> {
    let rules = Arc::clone(&mapping.rules);
    let Some(fields) = schema.avro.root_fields() else {
        nothing_unmapped(mapping, &BTreeSet::new())?;
        let source = FieldSource {
            expression: Expression::Whole,
            rules: Arc::clone(&rules),
        };
        return Ok(Binding::new(schema, rules, RootSource::Value(source)));
    };
    let names: BTreeSet<String> = fields.iter().map(|field| field.name.clone()).collect();
    nothing_unmapped(mapping, &names)?;
    let sources = fields.iter().map(|field| FieldSource {
        expression: Expression::Key(mapping.name_of(&field.name).to_owned()),
        rules: Arc::clone(mapping.own_rules(&field.name).unwrap_or(&mapping.rules)),
    });
    Ok(Binding::new(schema, rules, RootSource::Fields(sources.collect())))
}

/// Everything that the mapping says must be about a field that there is.
fn nothing_unmapped(mapping: &Mapping, mapped: &BTreeSet<String>) -> Result<(), BindingError> {
    match mapping.fields.keys().find(|field| !mapped.contains(*field)) {
        Some(field) => Err(BindingError::UnknownField(field.clone())),
        None => Ok(()),
    }
}

/// A name that is used twice. A header may have a hundred thousand names.
fn duplicate(header: &[String], is_left_out: impl Fn(&String) -> bool) -> Option<BindingError> {
    let mut seen = HashMap::with_capacity(header.len());
    // A comma at the end of each line makes a column without a name; several of them do not contradict each other.
    let named = header
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.trim().is_empty() && !is_left_out(name));
    named.into_iter().find_map(|(index, name)| {
        let first = seen.insert(name, index)?;
        Some(BindingError::Duplicate {
            name: name.clone(),
            columns: (first + 1, index + 1),
        })
    })
}

struct Binder<'a> {
    mapping: &'a Mapping,
    header: &'a [String],
    /// The columns by their names: a header may have a hundred thousand, and a schema ten thousand fields.
    columns: HashMap<&'a str, usize>,
    schema: &'a AvroSchema,
    /// Whether each column feeds a field, or is left out on purpose.
    fed: Vec<bool>,
    /// The fields of the mapping that were met.
    mapped: BTreeSet<String>,
    table: Vec<BoundField>,
    /// The rows of the table whose field no column feeds, each with the name of the column that would.
    unfed: Vec<(usize, String)>,
    unbound: bool,
    nullable: bool,
    defaulted: Vec<String>,
    nulled: Vec<String>,
    /// The fields that no column feeds.
    absent: Vec<(String, TypeId)>,
    /// The fields that a column feeds, by their paths, each with its column.
    read: HashMap<String, (usize, TypeId)>,
}

impl Binder<'_> {
    /// The sources of a record's fields; those without rules of their own have those of the record.
    fn fields(&mut self, fields: &[SchemaField], path: &str, rules: &Arc<Rules>) -> Vec<FieldSource> {
        let sources = fields.iter().map(|field| self.field(field, path, rules));
        sources.collect()
    }

    fn field(&mut self, field: &SchemaField, path: &str, rules: &Arc<Rules>) -> FieldSource {
        let path = format!("{path}{}", field.name);
        if self.mapping.fields.contains_key(&path) {
            self.mapped.insert(path.clone());
        }
        let rules = Arc::clone(self.mapping.own_rules(&path).unwrap_or(rules));
        FieldSource {
            expression: self.expression(field, path, &rules),
            rules,
        }
    }

    fn expression(&mut self, field: &SchemaField, path: String, rules: &Arc<Rules>) -> Expression {
        let name = self.mapping.name_of(&path);
        if let Some(column) = self.columns.get(name).copied() {
            self.fed[column] = true;
            self.list(field, &path, Ok(name.to_owned()));
            self.read.insert(path, (column, field.type_id));
            return Expression::Column(column);
        }
        if let Some(sources) = self.record(field, &path, rules) {
            return Expression::Record(sources);
        }
        self.unfed.push((self.table.len(), name.to_owned()));
        self.absent.push((path.clone(), field.type_id));
        if field.default.is_some() {
            self.list(field, &path, Ok("(its default)".to_owned()));
            self.defaulted.push(path);
            return Expression::Default;
        }
        if self.allows_null(field.type_id) {
            if rules.missing_null {
                self.list(field, &path, Ok("(null)".to_owned()));
                self.nulled.push(path);
                return Expression::Null;
            }
            self.nullable = true;
        }
        self.unbound = true;
        let remark = self.remark(field, &path);
        self.list(field, &path, Err(remark));
        Expression::Default
    }

    /// The sources of the record that a field holds, where columns are named for fields of it.
    fn record(&mut self, field: &SchemaField, path: &str, rules: &Arc<Rules>) -> Option<Vec<FieldSource>> {
        let inner = self
            .schema
            .nullable(field.type_id)
            .map_or(field.type_id, |(inner, _)| inner);
        let schema = self.schema;
        let fields = schema.fields(inner)?;
        let within = format!("{path}.");
        // The names of header and mapping end, so this does too, however the record leads back into itself.
        let is_within = |name: &String| name.starts_with(&within);
        if !self.header.iter().any(is_within) && !self.mapping.fields.keys().any(is_within) {
            return None;
        }
        Some(self.fields(fields, &within, rules))
    }

    /// Which column feeds the field that has the name of `column`, or a record around that field.
    fn read_elsewhere(&self, column: &str) -> Option<ReadElsewhere> {
        let dots = column.match_indices('.').map(|(dot, _)| dot);
        dots.chain([column.len()]).find_map(|end| {
            let (field, within) = column.split_at(end);
            let &(from, type_id) = self.read.get(field)?;
            absent_record::has_path(self.schema, type_id, within.strip_prefix('.')).then(|| ReadElsewhere {
                column: column.to_owned(),
                field: field.to_owned(),
                from: self.header[from].clone(),
            })
        })
    }

    fn allows_null(&self, id: TypeId) -> bool {
        match &self.schema.get(id).base {
            Base::Null => true,
            Base::Union(branches) => branches
                .iter()
                .any(|branch| self.schema.get(*branch).base == Base::Null),
            _ => false,
        }
    }

    fn remark(&self, field: &SchemaField, path: &str) -> String {
        let inner = self
            .schema
            .nullable(field.type_id)
            .map_or(field.type_id, |(inner, _)| inner);
        match self.schema.fields(inner) {
            Some([first, ..]) => {
                let name = self.mapping.name_of(path);
                format!("no column, and none such as `{name}.{}`", first.name)
            }
            _ => "no column".to_owned(),
        }
    }

    /// Puts the column that was most likely meant beside each field without one. A column that feeds another field was
    /// not meant.
    fn suggest_near_columns(&mut self) {
        let unfed = self.header.iter().zip(&self.fed).rev().filter(|(_, fed)| !**fed);
        let near: HashMap<String, &String> = unfed.map(|(name, _)| (folded(name), name)).collect();
        for (row, name) in &self.unfed {
            let Some(column) = near.get(&folded(name)) else {
                continue;
            };
            let near = printable(column.as_bytes(), SHOWN);
            let source = &mut self.table[*row].2;
            *source = match &source {
                Ok(value) => Ok(format!("{value}; did you mean `{near}`?")),
                Err(_) => Err(format!("no column `{name}`; did you mean `{near}`?")),
            };
        }
    }

    fn list(&mut self, field: &SchemaField, name: &str, source: Result<String, String>) {
        let words = self.schema.describe(field.type_id).to_string();
        self.table.push((name.to_owned(), words, source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRADE: &str = r#"{"type":"record","name":"Trade","fields":[
        {"name":"symbol","type":"string"},
        {"name":"volume","type":"long"},
        {"name":"exchange","type":"string","default":"ASX"}]}"#;

    fn schema(text: &str) -> &'static RegisteredSchema {
        Box::leak(Box::new(RegisteredSchema::from_text("t-value", text).unwrap()))
    }

    fn bind_to(text: &str, names: &[&str], mapping: &Mapping) -> Result<Binding<'static>, BindingError> {
        let header: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        mapping.bind_columns(&header, schema(text))
    }

    fn bind_names(names: &[&str]) -> Result<Binding<'static>, BindingError> {
        bind_to(TRADE, names, &Mapping::default())
    }

    /// The expressions of the root's fields, with those of records in brackets.
    fn expressions(binding: &Binding<'_>) -> String {
        fn write(sources: &[FieldSource]) -> String {
            let one = |source: &FieldSource| match &source.expression {
                Expression::Column(column) => format!("column {column}"),
                Expression::Key(key) => format!("key {key}"),
                Expression::Record(sources) => format!("[{}]", write(sources)),
                other => format!("{other:?}").to_lowercase(),
            };
            sources.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        match binding.root() {
            RootSource::Fields(sources) => write(sources),
            RootSource::Value(source) => write(std::slice::from_ref(source)),
        }
    }

    #[test]
    fn columns_feed_the_fields_of_their_name() {
        let binding = bind_names(&["volume", "note", "symbol"]).unwrap();
        assert_eq!(expressions(&binding), "column 2, column 0, default");
        assert_eq!(binding.ignored(), ["note"]);
        assert_eq!(binding.defaulted(), ["exchange"]);
    }

    /// A terminal must not act on what a file's header holds.
    #[test]
    fn names_of_a_header_are_shown_without_control_characters() {
        let error = bind_names(&["sym\u{1b}bol", "volume"]).unwrap_err().to_string();
        assert!(error.contains(r"did you mean `sym\x1bbol`?"), "{error}");
        let error = bind_names(&["a\u{1b}", "a\u{1b}"]).unwrap_err().to_string();
        assert_eq!(error, r"the header names `a\x1b` twice, in columns 1 and 2");
    }

    #[test]
    fn a_near_miss_is_suggested_and_not_taken() {
        let error = bind_names(&["Symbol", "vol ume"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "  field     type    from\n  \
               symbol    string  -  no column `symbol`; did you mean `Symbol`?\n  \
               volume    long    -  no column `volume`; did you mean `vol ume`?\n  \
               exchange  string  (its default)"
        );
    }

    #[test]
    fn a_near_miss_of_a_field_that_gets_its_default_is_suggested_too() {
        let error = bind_names(&["symbol", "Volume", "EXCHANGE", "exchange-"])
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with(
                "volume    long    -  no column `volume`; did you mean `Volume`?\n  \
                 exchange  string  (its default); did you mean `EXCHANGE`?"
            ),
            "{error}"
        );
    }

    #[test]
    fn a_column_that_feeds_another_field_is_not_suggested() {
        let text = TRADE.replace("volume", "Symbol");
        let error = bind_to(&text, &["symbol"], &Mapping::default()).unwrap_err();
        assert!(
            error.to_string().contains("Symbol    long    -  no column\n"),
            "{error}"
        );
    }

    #[test]
    fn columns_that_the_mapping_ignores_feed_nothing_and_are_not_reported() {
        let ignoring = |names: &[&str]| {
            Mapping::default().with_ignored_columns(names.iter().map(|name| (*name).to_owned()))
        };
        let names = ["note", "exchange", "note", "symbol", "volume", "x"];
        let binding = bind_to(TRADE, &names, &ignoring(&["note", "exchange"])).unwrap();
        assert_eq!(expressions(&binding), "column 3, column 4, default");
        assert_eq!(
            (binding.ignored(), binding.defaulted()),
            (&["x".to_owned()][..], &["exchange".to_owned()][..])
        );
        let error = bind_to(TRADE, &["Symbol", "volume"], &ignoring(&["Symbol"])).unwrap_err();
        assert!(
            error.to_string().contains("symbol    string  -  no column\n"),
            "{error}"
        );
        let binding = bind_to("\"long\"", &["note", "value"], &ignoring(&["note"])).unwrap();
        assert_eq!(expressions(&binding), "column 1");
    }

    #[test]
    fn a_name_that_stands_twice_is_an_error() {
        let error = bind_names(&["symbol", "volume", "symbol"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the header names `symbol` twice, in columns 1 and 3"
        );
    }

    const NESTED: &str = r#"{"type":"record","name":"Quote","fields":[
        {"name":"id","type":"long"},
        {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
            {"name":"price","type":"double"},
            {"name":"venue","type":"string","default":"X"},
            {"name":"next","type":["null","Leg"],"default":null}]}]}]}"#;

    #[test]
    fn a_dotted_path_names_a_field_within_a_record() {
        let binding = bind_to(
            NESTED,
            &["leg.next.price", "id", "leg.price", "leg.size"],
            &Mapping::default(),
        )
        .unwrap();
        assert_eq!(
            expressions(&binding),
            "column 1, [column 2, default, [column 0, default, default]]"
        );
        assert_eq!(binding.ignored(), ["leg.size"]);
        assert_eq!(
            binding.defaulted(),
            ["leg.venue", "leg.next.venue", "leg.next.next"]
        );
    }

    #[test]
    fn a_field_within_an_absent_record_is_near_to_a_column() {
        let text = NESTED.replace(
            "\"Leg\"],\"default\":null}]}]",
            "\"Leg\"],\"default\":null}]}],\"default\":null",
        );
        let absent = |column: &str| -> Vec<String> {
            let binding = bind_to(&text, &["id", column], &Mapping::default()).unwrap();
            binding.absent().cloned().collect()
        };
        assert_eq!(absent("leg_price"), ["leg", "leg.price"]);
        assert_eq!(absent("Leg.Price"), ["leg", "leg.price"]);
        assert_eq!(absent("leg_next_next_venue"), ["leg", "leg.next.next.venue"]);
        assert_eq!(absent("leg_size"), ["leg"]);
        assert_eq!(absent(&format!("leg{}", "_next".repeat(100_000))), ["leg"]);
    }

    #[test]
    fn a_column_whose_field_is_read_from_another_is_known() {
        let header = ["id", "leg.next.price", "leg.size", "legq", "leg", "number"];
        let binding = bind_to(NESTED, &header, &Mapping::default().with_name("id", "number")).unwrap();
        assert_eq!(binding.ignored(), ["id", "leg.next.price", "leg.size", "legq"]);
        let read = |column: &str, field: &str, from: &str| ReadElsewhere {
            column: column.to_owned(),
            field: field.to_owned(),
            from: from.to_owned(),
        };
        assert_eq!(
            binding.read_elsewhere(),
            [read("id", "id", "number"), read("leg.next.price", "leg", "leg")]
        );
    }

    /// Each field against each column would take minutes.
    #[test]
    fn many_columns_and_many_fields_are_bound_by_their_names() {
        let fields: Vec<String> = (0..10_000)
            .map(|number| format!(r#"{{"name":"f{number}","type":"int"}}"#))
            .collect();
        let text = format!(
            r#"{{"type":"record","name":"R","fields":[{}]}}"#,
            fields.join(",")
        );
        let schema = schema(&text);
        let names = |prefix: &str| -> Vec<String> {
            (0..100_000).map(|number| format!("{prefix}{number}")).collect()
        };
        assert_eq!(
            Mapping::default()
                .bind_columns(&names("f"), schema)
                .unwrap()
                .ignored()
                .len(),
            90_000
        );
        let error = Mapping::default()
            .bind_columns(&names("F"), schema)
            .unwrap_err()
            .to_string();
        assert!(error.contains("no column `f9999`; did you mean `F9999`?"));
    }

    #[test]
    fn a_nullable_field_may_be_absent_only_where_the_rules_say_so() {
        let error = bind_to(NESTED, &["id"], &Mapping::default()).unwrap_err();
        assert!(matches!(error, BindingError::Unbound { nullable: true, .. }));
        assert!(
            error
                .to_string()
                .ends_with("-  no column, and none such as `leg.price`"),
            "{error}"
        );
        let rules = Rules {
            missing_null: true,
            ..Rules::default()
        };
        let binding = bind_to(NESTED, &["id"], &Mapping::by_name(rules)).unwrap();
        assert_eq!(expressions(&binding), "column 0, null");
        assert_eq!(binding.nulled(), ["leg"]);
    }

    #[test]
    fn a_mapping_names_other_columns_and_keys() {
        let mapping = Mapping::default()
            .with_name("leg.price", "px")
            .with_name("id", "number");
        let binding = bind_to(NESTED, &["px", "number", "id"], &mapping).unwrap();
        assert_eq!(expressions(&binding), "column 1, [column 0, default, default]");
        assert_eq!(binding.ignored(), ["id"]);
        let mapping = Mapping::default().with_name("id", "number");
        let binding = mapping.bind_keys(schema(NESTED)).unwrap();
        assert_eq!(expressions(&binding), "key number, key leg");
    }

    #[test]
    fn a_mapping_of_a_field_that_is_not_there_is_an_error() {
        let mapping = Mapping::default().with_rules("volumes", Rules::default());
        let unknown = BindingError::UnknownField("volumes".to_owned());
        assert_eq!(
            bind_to(TRADE, &["symbol", "volume"], &mapping).unwrap_err(),
            unknown
        );
        assert_eq!(mapping.bind_keys(schema(TRADE)).unwrap_err(), unknown);
        assert_eq!(mapping.bind_keys(schema("\"long\"")).unwrap_err(), unknown);
    }
}
