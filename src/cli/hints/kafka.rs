//! The words of hints about Kafka.

use crate::kafka::Hint;

/// What to type.
pub(in crate::cli) fn words(hint: &Hint) -> String {
    match hint {
        Hint::CreateOrPickTopic { near } => {
            format!(
                "create it, or pick one of these by `--topic`: {}",
                near.join(", ")
            )
        }
        Hint::GrantOrChangeUser { rights } => {
            format!("the user needs {rights} on the topic; `-X sasl.username` names another user")
        }
        Hint::StartSandbox { topic } => {
            format!("`k2-produce sandbox --topic {topic} --schema-file trade.avsc` gives you one to try on")
        }
        Hint::NameBrokers => {
            "name the brokers by `-b host:port`; `-X security.protocol=...` where they want TLS or SASL"
                .to_owned()
        }
        Hint::NearProperty(near) => format!("did you mean `{near}`?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_are_near_and_the_sandbox_are_named_ready_to_type() {
        let near = ["market.trades.raw", "market.quotes.raw"]
            .map(str::to_owned)
            .to_vec();
        let hint = words(&Hint::CreateOrPickTopic { near });
        assert!(hint.ends_with("market.trades.raw, market.quotes.raw"), "{hint}");
        let topic = "market.trades.raw".to_owned();
        let hint = words(&Hint::StartSandbox { topic });
        assert!(
            hint.starts_with("`k2-produce sandbox --topic market.trades.raw"),
            "{hint}"
        );
        let near = Hint::NearProperty("linger.ms".to_owned());
        assert_eq!(words(&near), "did you mean `linger.ms`?");
    }
}
