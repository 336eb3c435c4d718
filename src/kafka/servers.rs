//! The list of bootstrap brokers: `host:port`, separated by commas.

use super::config_error::{BrokerFault, ConfigError};

/// Checks the list as far as possible without a network. librdkafka misreads an invalid address (port 99999 becomes
/// 34463) or tries it until the time-out.
///
/// # Errors
/// The first invalid address, or an empty list.
pub fn check(list: &str) -> Result<(), ConfigError> {
    let servers: Vec<&str> = list
        .split(',')
        .map(str::trim)
        .filter(|server| !server.is_empty())
        .collect();
    if servers.is_empty() {
        return Err(ConfigError::NoBroker);
    }
    servers.into_iter().try_for_each(check_one)
}

fn check_one(server: &str) -> Result<(), ConfigError> {
    let wrong = |fault| {
        // The part before `@` may be a password.
        let server = server
            .rsplit_once('@')
            .map_or(server, |(_, host)| host)
            .to_owned();
        Err(ConfigError::Broker { server, fault })
    };
    let address = match server.split_once("://") {
        Some((scheme, _)) if !is_protocol(scheme) => return wrong(BrokerFault::Url),
        Some((_, address)) => address,
        None => server,
    };
    if address.contains(['/', '@', '?', '#']) {
        return wrong(BrokerFault::Url);
    }
    if address.contains(char::is_whitespace) {
        return wrong(BrokerFault::Blank);
    }
    let (host, port) = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None => return wrong(BrokerFault::Port),
        },
        None if address.matches(':').count() > 1 => return wrong(BrokerFault::Ipv6),
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    if host.is_empty() {
        return wrong(BrokerFault::NoHost);
    }
    match port.map(str::parse::<u16>) {
        None | Some(Ok(1..)) => Ok(()),
        Some(Ok(0) | Err(_)) => wrong(BrokerFault::Port),
    }
}

/// The protocols that librdkafka accepts before an address.
fn is_protocol(scheme: &str) -> bool {
    ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
        .iter()
        .any(|protocol| scheme.eq_ignore_ascii_case(protocol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hosts_with_ports() {
        for list in [
            "localhost",
            "localhost:9092",
            " a:1 , b.example:65535,",
            "127.0.0.1:9092",
            "[::1]:9092",
            "[::1]",
            "SSL://kafka:9093,plaintext://kafka:9092",
        ] {
            assert_eq!(check(list), Ok(()), "{list}");
        }
    }

    #[test]
    fn addresses_that_cannot_work_are_rejected() {
        for list in ["", " ", ",", " , ,"] {
            assert_eq!(check(list), Err(ConfigError::NoBroker), "{list:?}");
        }
        for (list, shown, fault) in [
            ("http://kafka:9092", "http://kafka:9092", BrokerFault::Url),
            ("kafka:9092/topic", "kafka:9092/topic", BrokerFault::Url),
            ("https://me:secret@kafka:9092", "kafka:9092", BrokerFault::Url),
            ("me:secret@kafka:9092", "kafka:9092", BrokerFault::Url),
            ("a:9092,b:99999", "b:99999", BrokerFault::Port),
            ("a:0", "a:0", BrokerFault::Port),
            ("a:", "a:", BrokerFault::Port),
            ("a:9092x", "a:9092x", BrokerFault::Port),
            ("[::1]9092", "[::1]9092", BrokerFault::Port),
            (":9092", ":9092", BrokerFault::NoHost),
            ("::1", "::1", BrokerFault::Ipv6),
            ("a:9092 b:9092", "a:9092 b:9092", BrokerFault::Blank),
        ] {
            let (server, expected) = (shown.to_owned(), fault);
            let error = ConfigError::Broker {
                server,
                fault: expected,
            };
            assert_eq!(check(list), Err(error), "{list}");
        }
    }
}
