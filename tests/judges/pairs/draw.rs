//! Draws schemas: every type of the specification, nested to depth 4.

use crate::random::Random;

use super::schema::{Field, FixedLogical, Named, NamedId, Schema, Shape, Type, Unit};
use super::value::Values;

/// The number of nested levels of records, arrays, maps and unions, including the root.
const DEPTH: usize = 4;
/// The approximate maximum number of types in a schema.
const BUDGET: usize = 40;

const NAMESPACES: [&str; 4] = ["", "k2", "com.k2.market_data", "com.k2"];
const NAMES: [&str; 8] = ["Trade", "Leg", "Side", "Hash", "_Node", "Node1", "quote", "Value"];
const FIELDS: [&str; 12] = [
    "symbol", "price", "type", "name", "_x", "X", "null", "value", "default", "items", "legs", "long",
];
const SYMBOLS: [&str; 8] = ["BUY", "SELL", "buy", "_", "null", "true", "NaN", "A1"];

/// A random schema.
pub(crate) fn draw(random: &mut Random) -> Schema {
    let mut drawing = Drawing {
        random,
        schema: Schema::default(),
        open: Vec::new(),
        guards: 0,
        budget: BUDGET,
    };
    drawing.record("", 1);
    drawing.schema
}

struct Drawing<'a> {
    random: &'a mut Random,
    schema: Schema,
    /// The records that are being drawn, each with the number of guards at its start.
    open: Vec<(NamedId, usize)>,
    /// The number of enclosing arrays, maps and unions with null. Inside an additional one a record may refer to itself,
    /// because a value can end there.
    guards: usize,
    budget: usize,
}

impl Drawing<'_> {
    /// A new named type in one of the namespaces, most often the enclosing one.
    fn new_name(&mut self, enclosing: &str) -> NamedId {
        let namespace = if self.random.bool() {
            enclosing
        } else {
            self.random.one_of(&NAMESPACES)
        };
        let mut named = Named {
            name: self.random.one_of(&NAMES).to_owned(),
            namespace: namespace.to_owned(),
            shape: Shape::Record(Vec::new()),
            complete: false,
        };
        // The same short name with and without a namespace is difficult for every reader, so it is rare here.
        let may_clash = self.random.one_in(8);
        let taken = |named: &Named| {
            self.schema.named.iter().any(|other| {
                let clashes = other.namespace.is_empty() != named.namespace.is_empty() && !may_clash;
                other.name == named.name && (other.namespace == named.namespace || clashes)
            })
        };
        while taken(&named) {
            named.name.push((b'a' + self.random.u8(..26)).into());
        }
        self.schema.named.push(named);
        self.schema.named.len() - 1
    }

    fn record(&mut self, enclosing: &str, depth: usize) -> NamedId {
        let id = self.new_name(enclosing);
        self.open.push((id, self.guards));
        let namespace = self.schema.named[id].namespace.clone();
        let count = if depth == 1 {
            self.random.usize(1..9)
        } else {
            self.random.usize(..5)
        };
        for index in 0..count {
            let kind = self.any(&namespace, depth + 1);
            let mut name = self.random.one_of(&FIELDS).to_owned();
            if self.schema.fields(id).iter().any(|field| field.name == name) {
                name.push_str(&index.to_string());
            }
            let default =
                (self.random.one_in(3) && self.can_be_a_default(&kind, &mut Vec::new())).then(|| {
                    Values {
                        random: self.random,
                        schema: &self.schema,
                        bytes_are_text: false,
                        for_default: true,
                        budget: 20,
                    }
                    .draw(&kind, 3)
                });
            let Shape::Record(fields) = &mut self.schema.named[id].shape else {
                unreachable!("it was started as a record")
            };
            fields.push(Field { name, kind, default });
        }
        self.open.pop();
        self.schema.named[id].complete = true;
        id
    }

    /// Whether a default can be drawn: no record in the type may be incomplete or contain itself. A default uses the
    /// first branch of a union, so it might never end.
    fn can_be_a_default(&self, kind: &Type, within: &mut Vec<NamedId>) -> bool {
        match kind {
            Type::Array(inner) | Type::Map(inner) => self.can_be_a_default(inner, within),
            Type::Union(branches) => branches
                .iter()
                .all(|branch| self.can_be_a_default(branch, within)),
            Type::Named(id) => {
                let named = &self.schema.named[*id];
                if !named.complete || within.contains(id) {
                    return false;
                }
                let Shape::Record(fields) = &named.shape else {
                    return true;
                };
                within.push(*id);
                let can = fields
                    .iter()
                    .all(|field| self.can_be_a_default(&field.kind, within));
                within.pop();
                can
            }
            _ => true,
        }
    }

    fn any(&mut self, namespace: &str, depth: usize) -> Type {
        self.budget = self.budget.saturating_sub(1);
        if depth >= DEPTH || self.budget == 0 || self.random.bool() {
            return self.leaf(namespace);
        }
        match self.random.u32(..7) {
            0 => Type::Named(self.record(namespace, depth)),
            1 => self.guarded(|drawing| Type::Array(Box::new(drawing.any(namespace, depth + 1)))),
            2 => self.guarded(|drawing| Type::Map(Box::new(drawing.any(namespace, depth + 1)))),
            3 | 4 => self.nullable(namespace, depth),
            _ => self.union(namespace, depth),
        }
    }

    fn guarded(&mut self, draw: impl FnOnce(&mut Self) -> Type) -> Type {
        self.guards += 1;
        let kind = draw(self);
        self.guards -= 1;
        kind
    }

    /// A union of null and one other type, in either order.
    fn nullable(&mut self, namespace: &str, depth: usize) -> Type {
        let other = self.guarded(|drawing| {
            loop {
                let before = drawing.schema.named.len();
                let other = drawing.any(namespace, depth + 1);
                if !matches!(other, Type::Null | Type::Union(_)) {
                    break other;
                }
                drawing.schema.named.truncate(before);
            }
        });
        Type::Union(if self.random.bool() {
            vec![Type::Null, other]
        } else {
            vec![other, Type::Null]
        })
    }

    /// A union of up to six branches of any type.
    fn union(&mut self, namespace: &str, depth: usize) -> Type {
        let with_null = self.random.bool();
        let count = self.random.usize(1..=6 - usize::from(with_null));
        let mut branches: Vec<Type> = Vec::new();
        self.guards += usize::from(with_null);
        for _ in 0..count {
            let before = self.schema.named.len();
            let branch = self.any(namespace, depth + 1);
            if matches!(branch, Type::Null | Type::Union(_)) || self.has_branch(&branches, &branch) {
                // Named types within the branch are removed too, because nothing would define them.
                self.schema.named.truncate(before);
                continue;
            }
            branches.push(branch);
        }
        self.guards -= usize::from(with_null);
        if with_null || branches.is_empty() {
            // Null goes first or last; the order of the others is kept, because later ones may refer to earlier ones.
            let at = if self.random.bool() { 0 } else { branches.len() };
            branches.insert(at, Type::Null);
        }
        Type::Union(branches)
    }

    fn has_branch(&self, branches: &[Type], branch: &Type) -> bool {
        let name = self.schema.branch_name(branch);
        branches
            .iter()
            .any(|other| self.schema.branch_name(other) == name)
    }

    fn leaf(&mut self, namespace: &str) -> Type {
        match self.random.u32(..34) {
            0 => Type::Null,
            1 => Type::Boolean,
            2 => Type::Int,
            3 => Type::Long,
            4 => Type::Float,
            5 => Type::Double,
            6 | 7 => Type::Bytes,
            8 | 9 => Type::String,
            10 | 11 => {
                // Mostly numbers that fit in 128 bits, and some larger ones.
                let most = if self.random.one_in(5) { 60 } else { 38 };
                let precision = self.random.usize(1..=most);
                Type::Decimal {
                    precision,
                    scale: self.random.usize(..=precision),
                }
            }
            12 => Type::BigDecimal,
            13 => Type::Uuid,
            14 => Type::Date,
            15 => Type::TimeMillis,
            16 => Type::TimeMicros,
            17 | 18 => Type::Timestamp(self.random.one_of(&Unit::ALL)),
            19 | 20 => Type::LocalTimestamp(self.random.one_of(&Unit::ALL)),
            21 => self.unknown(),
            22 | 23 => self.enumeration(namespace),
            24..=28 => self.fixed(namespace),
            _ => self.used_again(namespace),
        }
    }

    fn unknown(&mut self) -> Type {
        let (base, logical) = match self.random.u32(..6) {
            0 => (Type::String, "k2-symbol"),
            1 => (Type::Long, "k2-sequence"),
            2 => (Type::Bytes, "k2-payload"),
            3 => (Type::Double, "k2-ratio"),
            // Logical types on types that they do not apply to.
            4 => (Type::String, "date"),
            _ => (Type::Int, "timestamp-millis"),
        };
        Type::Unknown {
            base: Box::new(base),
            logical,
        }
    }

    fn enumeration(&mut self, namespace: &str) -> Type {
        let id = self.new_name(namespace);
        let mut symbols = SYMBOLS;
        self.random.shuffle(&mut symbols);
        let count = self.random.usize(1..=symbols.len());
        self.schema.named[id].shape =
            Shape::Enum(symbols[..count].iter().map(|&symbol| symbol.to_owned()).collect());
        self.schema.named[id].complete = true;
        Type::Named(id)
    }

    fn fixed(&mut self, namespace: &str) -> Type {
        let id = self.new_name(namespace);
        let (size, logical) = match self.random.u32(..5) {
            0 => {
                let size = self.random.usize(1..=20);
                let most = most_digits(size);
                let precision = self.random.usize(1..=most);
                let scale = self.random.usize(..=precision);
                (size, FixedLogical::Decimal { precision, scale })
            }
            1 => (16, FixedLogical::Uuid),
            2 => (12, FixedLogical::Duration),
            3 => (self.random.usize(1..=20), FixedLogical::Unknown),
            _ => (self.random.usize(1..=20), FixedLogical::None),
        };
        self.schema.named[id].shape = Shape::Fixed { size, logical };
        self.schema.named[id].complete = true;
        Type::Named(id)
    }

    /// An existing named type that can be referred to here.
    fn used_again(&mut self, namespace: &str) -> Type {
        let usable: Vec<NamedId> = (0..self.schema.named.len())
            .filter(|&id| {
                let named = &self.schema.named[id];
                let mut within = Vec::new();
                self.named_within(&Type::Named(id), &mut within);
                // A reference to a record that is being drawn is allowed only where a value can end.
                let ends = self
                    .open
                    .iter()
                    .all(|(open, guards)| !within.contains(open) || self.guards > *guards);
                // Inside another namespace, a name without a namespace cannot be referred to.
                ends && (namespace.is_empty() || !named.namespace.is_empty())
            })
            .collect();
        match usable.is_empty() {
            true => Type::Long,
            false => Type::Named(self.random.one_of(&usable)),
        }
    }

    /// Collects the named types within a type, including itself.
    fn named_within(&self, kind: &Type, all: &mut Vec<NamedId>) {
        match kind {
            Type::Array(inner) | Type::Map(inner) => self.named_within(inner, all),
            Type::Union(branches) => branches.iter().for_each(|branch| self.named_within(branch, all)),
            Type::Named(id) if !all.contains(id) => {
                all.push(*id);
                if let Shape::Record(fields) = &self.schema.named[*id].shape {
                    fields
                        .iter()
                        .for_each(|field| self.named_within(&field.kind, all));
                }
            }
            _ => {}
        }
    }
}

/// The number of digits for which every number fits in `size` bytes.
fn most_digits(size: usize) -> usize {
    let most: num_bigint::BigInt = num_bigint::BigInt::from(2).pow(8 * size as u32 - 1) - 1;
    most.to_string().len() - 1
}
