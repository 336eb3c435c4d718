//! For tests: an HTTP server that responds to each request with the next reply of a script, however broken.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The reply to one request.
pub(super) enum Reply {
    /// These bytes, then the end of the connection.
    Bytes(String),
    /// Nothing, and the connection stays open.
    Silence,
    /// Nothing, and the connection is reset.
    Reset,
    /// The bytes, then a blank every 20 ms while the client reads.
    Drip(String),
    /// The bytes, then endless blanks as fast as possible.
    Flood(String),
}

/// A running server. It ends with the process.
pub(super) struct Scripted {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Starts a server on loopback. Requests beyond the script get a plain 500.
    pub(super) fn start(script: Vec<Reply>) -> Self {
        Self::start_at(TcpListener::bind("127.0.0.1:0").unwrap(), script)
    }

    pub(super) fn start_at(listener: TcpListener, script: Vec<Reply>) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            let mut script = script.into_iter().peekable();
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if script.next_if(|reply| matches!(reply, Reply::Reset)).is_some() {
                    // Closing with unread bytes is a reset.
                    stream.read_exact(&mut [0]).unwrap();
                    seen.lock().unwrap().push("reset".to_owned());
                    continue;
                }
                let request = read_request(&mut stream);
                if request.is_empty() {
                    continue;
                }
                seen.lock().unwrap().push(request);
                answer(
                    script.next().unwrap_or_else(|| json("500 Script Ended", "{}")),
                    stream,
                    &mut held,
                );
            }
        });
        Self { url, requests }
    }

    /// The requests so far, with unchanged heads and bodies.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A complete response with a JSON body.
pub(super) fn json(status: &str, body: &str) -> Reply {
    reply(
        status,
        "Content-Type: application/vnd.schemaregistry.v1+json",
        body,
    )
}

/// A complete response with one more header.
pub(super) fn reply(status: &str, header: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(format!(
        "HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    ))
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return String::new(),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn answer(reply: Reply, mut stream: TcpStream, held: &mut Vec<TcpStream>) {
    match reply {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(bytes.as_bytes());
        }
        Reply::Silence => held.push(stream),
        Reply::Reset => unreachable!("no request is read for it"),
        Reply::Drip(bytes) => {
            let mut sent = stream.write_all(bytes.as_bytes());
            while sent.is_ok() {
                thread::sleep(Duration::from_millis(20));
                sent = stream.write_all(b" ");
            }
        }
        Reply::Flood(bytes) => {
            let mut sent = stream.write_all(bytes.as_bytes());
            while sent.is_ok() {
                sent = stream.write_all(&[b' '; 64 * 1024]);
            }
        }
    }
}
