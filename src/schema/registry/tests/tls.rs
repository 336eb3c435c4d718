//! TLS with a real server: a custom CA, a client certificate, and certificates that must not be trusted.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;

use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode};
use openssl::x509::store::X509StoreBuilder;
use tempfile::TempDir;

use super::*;
use crate::test_certificates::{For, Pair, pair};

/// Starts an `https` registry that returns the latest version to every client that TLS accepts; with `clients`, only to
/// clients with a certificate of that CA.
fn server(pair: &Pair, clients: Option<&Pair>) -> String {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(&pair.certificate).unwrap();
    acceptor.set_private_key(&pair.key).unwrap();
    if let Some(authority) = clients {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(authority.certificate.clone()).unwrap();
        acceptor.set_verify_cert_store(store.build()).unwrap();
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that closes the connection has seen the certificate.
            let Ok(mut stream) = acceptor.accept(stream.unwrap()) else {
                continue;
            };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            if let Reply::Bytes(bytes) = latest() {
                let _ = stream.write_all(bytes.as_bytes());
            }
            let _ = stream.shutdown();
        }
    });
    url
}

/// The files that a user would name.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn ca(&self, authority: &Pair) -> PathBuf {
        self.write("ca.pem", &authority.certificate.to_pem().unwrap())
    }

    fn identity(&self, pair: &Pair) -> ClientIdentity {
        ClientIdentity {
            certificate: self.write("client.pem", &pair.certificate.to_pem().unwrap()),
            key: self.write("client.key", &pair.key.private_key_to_pem_pkcs8().unwrap()),
        }
    }
}

fn ask_with(url: &str, tls: RegistryTls) -> Result<RegisteredSchema, RegistryError> {
    let settings = RegistrySettings {
        tls,
        request_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(10),
        ..settings(url)
    };
    RegistryClient::new(&settings)?.version("t-value", SchemaVersion::Latest)
}

fn untrusted(answer: Result<RegisteredSchema, RegistryError>) -> (String, Option<Hint>) {
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::Untrusted, "{error}");
    (error.to_string(), error.hint().cloned())
}

#[test]
fn a_certificate_of_a_custom_ca_is_trusted_only_with_that_ca() {
    let (files, authority) = (Files::new(), pair(For::Authority, None, 10));
    let url = server(&pair(For::Host("127.0.0.1"), Some(&authority), 10), None);
    let trusting = RegistryTls {
        ca: Some(files.ca(&authority)),
        ..RegistryTls::default()
    };
    assert_eq!(ask_with(&url, trusting).unwrap().version, Some(3));

    let (message, hint) = untrusted(ask_with(&url, RegistryTls::default()));
    assert!(
        message.starts_with(&format!(
            "TLS with the registry at {url} failed: certificate verify failed"
        )),
        "{message}"
    );
    assert_eq!(hint, Some(Hint::CaMissing));
    let other = RegistryTls {
        ca: Some(files.ca(&pair(For::Authority, None, 10))),
        ..RegistryTls::default()
    };
    let (message, hint) = untrusted(ask_with(&url, other));
    assert!(message.contains("certificate verify failed"), "{message}");
    assert_eq!(hint, Some(Hint::OtherCa));
}

#[test]
fn a_certificate_of_another_host_or_an_expired_one_is_not_trusted() {
    let (files, authority) = (Files::new(), pair(For::Authority, None, 10));
    let trusting = RegistryTls {
        ca: Some(files.ca(&authority)),
        ..RegistryTls::default()
    };
    let elsewhere = server(&pair(For::Host("registry.example"), Some(&authority), 10), None);
    let (message, hint) = untrusted(ask_with(&elsewhere, trusting.clone()));
    assert!(message.ends_with("address mismatch"), "{message}");
    assert_eq!(hint, Some(Hint::OtherHost));

    let expired = server(&pair(For::Host("127.0.0.1"), Some(&authority), 0), None);
    let (message, hint) = untrusted(ask_with(&expired, trusting));
    assert!(message.ends_with("certificate has expired"), "{message}");
    assert_eq!(hint, Some(Hint::CertificateTime));
}

#[test]
fn a_registry_that_requires_a_client_certificate_gets_it() {
    let (files, authority) = (Files::new(), pair(For::Authority, None, 10));
    let url = server(
        &pair(For::Host("127.0.0.1"), Some(&authority), 10),
        Some(&authority),
    );
    let mut tls = RegistryTls {
        ca: Some(files.ca(&authority)),
        identity: Some(files.identity(&pair(For::Client, Some(&authority), 10))),
    };
    ask_with(&url, tls.clone()).unwrap();

    tls.identity = None;
    let (message, hint) = untrusted(ask_with(&url, tls.clone()));
    assert!(message.contains("certificate required"), "{message}");
    assert_eq!(hint, Some(Hint::ClientCertificateMissing));

    let stranger = pair(For::Authority, None, 10);
    tls.identity = Some(files.identity(&pair(For::Client, Some(&stranger), 10)));
    let (_, hint) = untrusted(ask_with(&url, tls.clone()));
    assert_eq!(hint, Some(Hint::ClientCertificateRefused));

    // The alert says `expired`, but it is not the registry's certificate that has expired.
    tls.identity = Some(files.identity(&pair(For::Client, Some(&authority), 0)));
    let (message, hint) = untrusted(ask_with(&url, tls));
    assert!(message.contains("certificate expired"), "{message}");
    assert_eq!(hint, Some(Hint::ClientCertificateRefused));
}

#[test]
fn a_key_of_another_certificate_is_reported_before_any_request() {
    let (files, authority) = (Files::new(), pair(For::Authority, None, 10));
    let mut identity = files.identity(&authority);
    let other = pair(For::Client, Some(&authority), 10).key;
    identity.key = files.write("other.key", &other.private_key_to_pem_pkcs8().unwrap());
    let tls = RegistryTls {
        ca: None,
        identity: Some(identity),
    };
    let error = ask_with("https://127.0.0.1:1", tls).unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::Settings, "{error}");
    assert!(
        error
            .to_string()
            .contains("other.key` cannot be used for TLS with the registry: it is not the key of"),
        "{error}"
    );
}

#[test]
fn unsuitable_files_are_reported_before_any_request() {
    let (files, authority) = (Files::new(), pair(For::Authority, None, 10));
    let fault = |tls: RegistryTls| {
        let error = ask_with("https://127.0.0.1:1", tls).unwrap_err();
        assert_eq!(error.kind(), RegistryErrorKind::Settings);
        (error.to_string(), error.hint().cloned())
    };
    let ca = |ca: PathBuf| RegistryTls {
        ca: Some(ca),
        ..RegistryTls::default()
    };
    assert!(
        fault(ca("/nowhere/ca.pem".into()))
            .0
            .contains("`/nowhere/ca.pem` cannot be used for TLS")
    );
    let der = authority.certificate.to_der().unwrap();
    assert_eq!(fault(ca(files.write("ca.der", &der))).1, Some(Hint::CaFormat));

    let identity = |certificate: PathBuf, key: PathBuf| RegistryTls {
        identity: Some(ClientIdentity { certificate, key }),
        ..RegistryTls::default()
    };
    let good = files.identity(&authority);
    let old = authority.key.ec_key().unwrap().private_key_to_pem().unwrap();
    let old = files.write("old.key", &old);
    assert_eq!(
        fault(identity(good.certificate.clone(), old)).1,
        Some(Hint::KeyFormat)
    );
    let broken = files.write(
        "broken.key",
        b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
    );
    let (message, hint) = fault(identity(good.certificate, broken));
    assert_eq!(hint, None);
    assert!(
        message.contains("the certificate or key is invalid") && !message.contains("c2VjcmV0"),
        "{message}"
    );
    assert!(
        fault(identity(good.key.clone(), good.key))
            .0
            .contains("contains no PEM certificate")
    );
}
