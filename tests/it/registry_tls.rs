//! The real registry behind a server that requires TLS, a client certificate or a password: what is right loads, and
//! whatever is wrong is one error within ten seconds that names the setting.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use base64::Engine;
use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode};
use openssl::x509::store::X509StoreBuilder;

use crate::certificates::{For, Pair, pair};
use crate::support::stack::stack;
use crate::support::{TestEnv, done, fixture};

const PASSWORD: &str = "alice:correct";

/// What the server in front of the registry requires.
#[derive(Clone, Copy, PartialEq)]
enum Requires {
    Tls,
    Certificate,
    Password,
}

/// Starts a server with this certificate; returns its port.
fn start(own: &Pair, requires: Requires, authority: &Pair) -> u16 {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(&own.certificate).unwrap();
    acceptor.set_private_key(&own.key).unwrap();
    if requires == Requires::Certificate {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(authority.certificate.clone()).unwrap();
        acceptor.set_verify_cert_store(store.build()).unwrap();
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that closes the connection does not trust the certificate, or has none.
            let Ok(mut stream) = acceptor.accept(stream.unwrap()) else {
                continue;
            };
            let mut request = Vec::new();
            // The requests of a load have no body.
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).unwrap_or(0) == 0 {
                    break;
                }
                request.push(byte[0]);
            }
            let answer = answer(&String::from_utf8_lossy(&request), requires);
            _ = stream.write_all(&answer);
            _ = stream.shutdown();
        }
    });
    port
}

/// The registry's answer to a request, or a refusal.
fn answer(request: &str, requires: Requires) -> Vec<u8> {
    let credentials = base64::engine::general_purpose::STANDARD.encode(PASSWORD);
    let is_known = request
        .lines()
        .filter_map(|line| line.split_once(": "))
        .any(|(name, value)| {
            name.eq_ignore_ascii_case("authorization") && value == format!("Basic {credentials}")
        });
    if requires == Requires::Password && !is_known {
        return b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    }
    let address = stack().registry_url.strip_prefix("http://").unwrap();
    let mut registry = TcpStream::connect(address.split('/').next().unwrap()).unwrap();
    let request = request.trim_end().to_owned() + "\r\nConnection: close\r\n\r\n";
    registry.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    registry.read_to_end(&mut answer).unwrap();
    answer
}

/// A folder with the files of a client: `ca.pem`, `other-ca.pem`, `user`, `wrong-user`; with certificate and key, `client`,
/// `stranger` (of the other CA) and `expired`.
fn client_files(authority: &Pair) -> TestEnv {
    let (env, other) = (TestEnv::new(), pair(For::Authority, None, 10));
    env.write("ca.pem", authority.certificate.to_pem().unwrap());
    env.write("other-ca.pem", other.certificate.to_pem().unwrap());
    env.write("user", PASSWORD);
    env.write("wrong-user", "alice:wrong");
    for (name, issuer, days) in [
        ("client", authority, 10),
        ("stranger", &other, 10),
        ("expired", authority, 0),
    ] {
        let Pair { certificate, key } = pair(For::Client, Some(issuer), days);
        env.write(&format!("{name}.pem"), certificate.to_pem().unwrap());
        env.write(&format!("{name}.key"), key.private_key_to_pem_pkcs8().unwrap());
    }
    env
}

#[test]
fn each_wrong_setting_is_one_error_and_right_ones_load() {
    let authority = pair(For::Authority, None, 10);
    let env = client_files(&authority);
    let of_host = |host, days| pair(For::Host(host), Some(&authority), days);
    let server = |own: &Pair, requires| start(own, requires, &authority).to_string();
    let good = of_host("127.0.0.1", 10);
    let tls = server(&good, Requires::Tls);
    let certificate = server(&good, Requires::Certificate);
    let password = server(&good, Requires::Password);
    let expired = server(&of_host("127.0.0.1", 0), Requires::Tls);
    let elsewhere = server(&of_host("registry.example", 10), Requires::Tls);
    let identity =
        |name: &str| format!("--registry-ca ca.pem --registry-cert {name}.pem --registry-key {name}.key");
    let topic = stack().topic("registry-tls", 1, "schemas/trade_v2.avsc");
    let path = stack().registry_url.split_once("//").unwrap().1;
    let path = path.split_once('/').unwrap().1;
    let mut faults = Vec::new();
    let mut loads = 0;
    for (what, port, options, status, words) in [
        (
            "TLS",
            &tls,
            "--registry-ca ca.pem".to_owned(),
            0,
            "1,000 delivered",
        ),
        (
            "certificate",
            &certificate,
            identity("client"),
            0,
            "1,000 delivered",
        ),
        (
            "password",
            &password,
            "--registry-ca ca.pem --registry-user-file user".to_owned(),
            0,
            "1,000 delivered",
        ),
        (
            "expired",
            &expired,
            "--registry-ca ca.pem".to_owned(),
            4,
            "certificate has expired hint: the registry's certificate must be renewed",
        ),
        (
            "other host",
            &elsewhere,
            "--registry-ca ca.pem".to_owned(),
            4,
            "use a host name from the certificate in `-r`",
        ),
        (
            "unknown CA",
            &tls,
            String::new(),
            4,
            "name the CA that signed the registry's certificate: `--registry-ca FILE`",
        ),
        (
            "other CA",
            &tls,
            "--registry-ca other-ca.pem".to_owned(),
            4,
            "the CA of `--registry-ca` did not sign",
        ),
        (
            "no certificate",
            &certificate,
            "--registry-ca ca.pem".to_owned(),
            4,
            "may require a client certificate: `--registry-cert FILE --registry-key FILE`",
        ),
        (
            "certificate of another CA",
            &certificate,
            identity("stranger"),
            4,
            "does not accept the certificate of `--registry-cert`",
        ),
        (
            "expired certificate",
            &certificate,
            identity("expired"),
            4,
            "does not accept the certificate of `--registry-cert`",
        ),
        (
            "another key",
            &certificate,
            identity("client").replace("client.key", "stranger.key"),
            2,
            "`stranger.key` cannot be used for TLS with the registry: it is not the key of the certificate in `client.pem`",
        ),
        (
            "wrong password",
            &password,
            "--registry-ca ca.pem --registry-user-file wrong-user".to_owned(),
            4,
            "(401",
        ),
        (
            "no password",
            &password,
            "--registry-ca ca.pem".to_owned(),
            4,
            "`--registry-user-file FILE`",
        ),
        (
            "HTTP",
            &tls,
            "-r http".to_owned(),
            4,
            "if the server requires TLS, use `-r https://...`",
        ),
    ] {
        let scheme = options.strip_prefix("-r ").unwrap_or("https");
        let url = format!("{scheme}://127.0.0.1:{port}/{path}");
        let mut command = env.command_on(stack());
        command.args(["--topic", &topic, "-r", &url]);
        command.args(options.split_whitespace().filter(|_| scheme == "https"));
        let started = Instant::now();
        let done = done(command.arg(fixture("trades/trades_v2.jsonl")));
        let said = done.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let errors = said.matches("error: ").count();
        let is_right = done.status == status && said.contains(words) && errors == usize::from(status != 0);
        if !is_right || started.elapsed() > Duration::from_secs(10) {
            faults.push(format!(
                "{what}: status {}; expected {status}, `{words}`\n{}",
                done.status, done.stderr
            ));
        }
        loads += usize::from(status == 0);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(stack().dump(&topic).len(), 1_000 * loads);
}
