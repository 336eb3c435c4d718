//! Certificates for servers and clients in tests.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name, X509NameBuilder};

/// A certificate and its key.
pub(crate) struct Pair {
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
}

/// The purpose of a certificate.
pub(crate) enum For<'a> {
    Authority,
    Host(&'a str),
    Client,
}

fn name(text: &str) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, text).unwrap();
    name.build()
}

/// Creates a certificate, signed by `issuer` or self-signed, that is valid until `days` minus one days from now.
pub(crate) fn pair(what: For<'_>, issuer: Option<&Pair>, days: i64) -> Pair {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    let time = |seconds| Asn1Time::from_unix(seconds).unwrap();
    let subject = match what {
        For::Authority => name(&format!("authority {}", fastrand::u32(..))),
        For::Host(_) => name("a server of the tests"),
        For::Client => name("a client of the tests"),
    };
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(fastrand::u32(1..)).unwrap();
    builder
        .set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder
        .set_issuer_name(issuer.map_or(&*subject, |issuer| issuer.certificate.subject_name()))
        .unwrap();
    builder.set_not_before(&time(now - 2 * 86_400)).unwrap();
    builder.set_not_after(&time(now + (days - 1) * 86_400)).unwrap();
    builder.set_pubkey(&key).unwrap();
    match what {
        For::Authority => builder
            .append_extension(BasicConstraints::new().critical().ca().build().unwrap())
            .unwrap(),
        For::Host(host) => {
            let mut names = SubjectAlternativeName::new();
            match host.parse::<std::net::IpAddr>() {
                Ok(_) => names.ip(host),
                Err(_) => names.dns(host),
            };
            let names = names
                .build(&builder.x509v3_context(issuer.map(|issuer| &*issuer.certificate), None))
                .unwrap();
            builder.append_extension(names).unwrap();
        }
        For::Client => {}
    }
    builder
        .sign(issuer.map_or(&key, |issuer| &issuer.key), MessageDigest::sha256())
        .unwrap();
    Pair {
        certificate: builder.build(),
        key,
    }
}
