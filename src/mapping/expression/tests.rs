use super::*;

/// The expression in a notation with all its brackets.
fn shown(expression: &Expr) -> String {
    let list = |expressions: &[Expr]| expressions.iter().map(shown).collect::<Vec<_>>().join(", ");
    match &expression.value {
        ExprKind::Source(path) => format!("<{path}>"),
        ExprKind::Number(digits) => digits.clone(),
        ExprKind::Null => "null".to_owned(),
        ExprKind::True => "true".to_owned(),
        ExprKind::False => "false".to_owned(),
        ExprKind::Text(TextLiteral { template, .. }) => match template {
            Ok(parts) => {
                let parts = parts.iter().map(|part| match part {
                    TemplatePart::Text(text) => text.clone(),
                    TemplatePart::Value(value) => format!("{{{}}}", shown(value)),
                });
                format!("\"{}\"", parts.collect::<String>())
            }
            Err(error) => format!("error {:?} {}", error.span, error.message),
        },
        ExprKind::Call(call) => {
            let named = call.named.iter();
            let named: String = named
                .map(|(name, value)| format!("; {}={}", name.value, shown(value)))
                .collect();
            format!("{}({}{named})", call.function.value, list(&call.arguments))
        }
        ExprKind::Table(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(name, value)| format!("{}: {}", name.value, shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Minus(inner) => format!("-({})", shown(inner)),
        ExprKind::Not(inner) => format!("not({})", shown(inner)),
        ExprKind::Comparison {
            operator,
            left,
            right,
        } => format!("({} {} {})", shown(left), operator.symbol(), shown(right)),
        ExprKind::Arithmetic { first, rest } => {
            let rest = rest.iter();
            let rest = rest.map(|(operator, operand)| format!(" {} {}", operator.symbol(), shown(operand)));
            format!("({}{})", shown(first), rest.collect::<String>())
        }
        ExprKind::And(parts) => format!("all({})", list(parts)),
        ExprKind::Or(parts) => format!("any({})", list(parts)),
    }
}

#[test]
fn expressions_are_read_as_documented() {
    for (text, tree) in [
        ("Price", "<Price>"),
        ("`Trade Price`", "<Trade Price>"),
        ("trade.px", "<trade.px>"),
        ("[0]", "<[0]>"),
        ("trades[2].`p x`.7", "<trades[2].p x.7>"),
        ("größe", "<größe>"),
        (r#""ASX""#, r#""ASX""#),
        (r#""""#, r#""""#),
        (
            r#""{exchange}-{ id }\{x\} \"q\" \\ \d""#,
            r#""{<exchange>}-{<id>}{x} "q" \ \d""#,
        ),
        ("-5", "-5"),
        ("--5", "-(-5)"),
        ("1.50e-3", "1.50e-3"),
        ("price * quantity", "(<price> * <quantity>)"),
        ("-quantity", "-(<quantity>)"),
        ("a + b * c - 1", "(<a> + (<b> * <c>) - 1)"),
        ("(a + b) * c", "((<a> + <b>) * <c>)"),
        ("a-b", "(<a> - <b>)"),
        (
            r#"type == "DELETE" and not x > 1 or y"#,
            r#"any(all((<type> == "DELETE"), not((<x> > 1))), <y>)"#,
        ),
        ("now()", "now()"),
        ("first(a, null, true,)", "first(<a>, null, true)"),
        (
            r#"lookup(company, symbol, id, default = null)"#,
            "lookup(<company>, <symbol>, <id>; default=null)",
        ),
        (
            r#"translate(Side, {"B": "BUY", 1: "BUY", S: null})"#,
            r#"translate(<Side>, {B: "BUY", 1: "BUY", S: null})"#,
        ),
    ] {
        match parse(text) {
            Ok(expression) => assert_eq!(shown(&expression), tree, "{text}"),
            Err(error) => panic!("{text}: {error:?}"),
        }
    }
}

#[test]
fn a_pattern_keeps_its_braces_and_backslashes() {
    let expression = parse(r#"capture(file_name(), "(\d{4})_\"x\"\\")"#).unwrap();
    let ExprKind::Call(call) = &expression.value else {
        panic!("{expression:?}")
    };
    let ExprKind::Text(text) = &call.arguments[1].value else {
        panic!("{call:?}")
    };
    assert_eq!(text.verbatim, r#"(\d{4})_"x"\"#);
}

#[test]
fn faults_are_shown_where_they_are() {
    for (text, span, message) in [
        ("", 0..0, "the expression is empty"),
        (
            "Trade Price",
            6..11,
            "expected an operator or the end, found `Price`",
        ),
        ("a +", 3..3, "expected a value, found the end"),
        ("upper(a", 7..7, "expected `)`, found the end"),
        ("'ASX'", 0..1, "`'` is not part of an expression"),
        ("a / b", 2..3, "`/` is not part of an expression"),
        ("\"ASX", 0..1, "the text has no closing `\"`"),
        ("a = 1", 2..3, "`=` does not compare"),
        ("1 < a < 2", 6..7, "a comparison has two sides"),
        (
            "f(x = 1, 2)",
            9..10,
            "an argument without a name cannot follow one with a name",
        ),
        ("a[x]", 2..3, "expected the number of an item, from 0, found `x`"),
        ("not", 3..3, "expected a value, found the end"),
        ("f(", 2..2, "expected a value, found the end"),
        ("and", 0..3, "expected a value, found `and`"),
        ("{a b}", 3..4, "expected `:`, found `b`"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.span, error.message.as_str()), (span, message), "{text}");
    }
    for (text, tree) in [
        (r#""x{a""#, "error 2..3 `{` has no closing `}`"),
        (r#""a}""#, "error 2..3 `}` without an opening `{`"),
        (r#""ab{c d}""#, "error 6..7 expected `}`, found `d`"),
        (r#""ab{}""#, "error 4..4 expected a value, found the end"),
    ] {
        assert_eq!(shown(&parse(text).unwrap()), tree, "{text}");
    }
}

#[test]
fn no_text_exhausts_the_stack_or_panics() {
    use proptest::prelude::*;
    for start in ["(", "-", "not ", "f(", "{a:"] {
        let error = parse(&start.repeat(20_000)).unwrap_err();
        assert_eq!(error.message, "the expression is nested deeper than 64 levels");
    }
    let _ = parse(&"\"{".repeat(20_000));
    // A chain is a list, so its length does not matter.
    for link in [
        "a or ",
        "a and ",
        "a + ",
        "a - ",
        "a * ",
        "a == 1 or b and ",
        "f(a) + b * ",
    ] {
        let text = link.repeat(100_000) + "a";
        let expression = parse(&text).unwrap_or_else(|error| panic!("{link}: {error:?}"));
        let mut parts = 0;
        expression.clone().visit(&mut |_| parts += 1);
        assert!(parts > 100_000, "{link}");
    }
    for (start, step) in [("a", ".b"), ("a", "[0]")] {
        let error = parse(&(start.to_owned() + &step.repeat(100_000))).unwrap_err();
        assert_eq!(error.message, "a path has at most 64 steps");
        assert!(parse(&(start.to_owned() + &step.repeat(63))).is_ok());
    }
    assert!(parse(&format!("first({}a)", "a, ".repeat(100_000))).is_ok());
    proptest!(|(text in "[a-c \"`(){}\\[\\],.=<>!+*:\\\\1-]{0,40}|.{0,30}")| {
        if let Err(error) = parse(&text) {
            prop_assert!(error.span.start <= error.span.end && error.span.end <= text.len());
            prop_assert!(text.is_char_boundary(error.span.start) && text.is_char_boundary(error.span.end));
        }
    });
}
