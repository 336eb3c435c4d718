//! Tests of untrusted broker certificates: the error gives the reason.

use openssl::ssl::{SslAcceptor, SslMethod};

use super::*;
use crate::test_certificates::{For, Pair, pair};

/// Starts a server that does the TLS handshake with this certificate and nothing else.
fn server(pair: &Pair) -> String {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(&pair.certificate).unwrap();
    acceptor.set_private_key(&pair.key).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = acceptor.accept(stream.unwrap());
        }
    });
    address
}

/// Why a producer that trusts `authority` cannot connect to a server with this certificate.
fn refusal(certificate: &Pair, authority: &Pair) -> ConnectError {
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca.path(), authority.certificate.to_pem().unwrap()).unwrap();
    let mut settings = ProducerSettings::new(server(certificate), TOPIC);
    settings.connect_timeout = Duration::from_secs(3);
    let property = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    settings.properties = vec![
        property("security.protocol", "SSL"),
        property("ssl.ca.location", ca.path().to_str().unwrap()),
    ];
    match Producer::connect(&settings) {
        Ok(_) => panic!("the server is not a broker"),
        Err(error) => error,
    }
}

#[test]
fn a_trusted_certificate_is_accepted() {
    let authority = pair(For::Authority, None, 10);
    let trusted = pair(For::Host("127.0.0.1"), Some(&authority), 10);
    let error = refusal(&trusted, &authority);
    assert_eq!(
        error.kind(),
        ConnectErrorKind::Unreachable,
        "the server is not a broker: {error}"
    );
}

#[test]
fn the_fault_of_a_brokers_certificate_is_reported() {
    let authority = pair(For::Authority, None, 10);
    let other = pair(For::Authority, None, 10);
    let of_host = |host, days| pair(For::Host(host), Some(&authority), days);
    for (certificate, trusted, fault, hint) in [
        (
            of_host("127.0.0.1", 0),
            &authority,
            "it has expired",
            Hint::CertificateTime,
        ),
        (
            of_host("kafka.example", 10),
            &authority,
            "it is for another",
            Hint::CertificateHost,
        ),
        (
            of_host("127.0.0.1", 10),
            &other,
            "the CA that signed it is not among the trusted",
            Hint::TrustedAuthority,
        ),
    ] {
        let error = refusal(&certificate, trusted);
        assert_eq!(error.kind(), ConnectErrorKind::Authentication, "{error}");
        assert_eq!(error.hint(), Some(&hint));
        let message = error.to_string();
        assert!(
            message.contains("the certificate of `/CN=a server of the tests` was rejected: ")
                && message.contains(fault),
            "no `{fault}` in {message}"
        );
    }
}
