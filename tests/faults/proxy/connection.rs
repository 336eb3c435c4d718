//! One client's connection and its own connection to the broker: a thread for requests, another for responses.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::Orders;
use super::frame::{self, RequestHead};
use super::link::Link;
use super::order::{Fault, Order};

/// How long a connection to the broker waits, after its client has gone, for the answer to a request that was held.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Connection {
    pub(super) client: TcpStream,
    pub(super) broker: TcpStream,
    pub(super) orders: Arc<Orders>,
    pub(super) link: Arc<Link>,
    /// Requests with a fault that concerns their response, by number.
    expected: Mutex<HashMap<i32, (RequestHead, Arc<Order>)>>,
    answered: Condvar,
}

/// Whether the connection continues.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    End,
}

impl Connection {
    pub(super) fn new(
        client: TcpStream,
        broker: TcpStream,
        orders: Arc<Orders>,
        link: Arc<Link>,
    ) -> Connection {
        for stream in [&client, &broker] {
            stream.set_nodelay(true).expect("a TCP connection");
        }
        Connection {
            client,
            broker,
            orders,
            link,
            expected: Mutex::default(),
            answered: Condvar::new(),
        }
    }

    /// Serves the connection until one side closes it.
    pub(super) fn serve(self) {
        let connection = Arc::new(self);
        let requests = Arc::clone(&connection);
        std::thread::spawn(move || requests.forward_requests());
        connection.forward_responses();
    }

    fn forward_requests(&self) {
        // Errors mean that a side has gone, which ends the connection like its end.
        while let Ok(Some(bytes)) = frame::read(&mut &self.client) {
            if !matches!(self.forward_request(&bytes), Ok(Then::GoOn)) {
                break;
            }
        }
        self.cut();
    }

    fn forward_request(&self, bytes: &[u8]) -> io::Result<Then> {
        let Some((head, order)) =
            frame::request_head(bytes).and_then(|head| Some((head, self.orders.find(head)?)))
        else {
            self.link.pass(bytes, &self.broker)?;
            return Ok(Then::GoOn);
        };
        match order.fault() {
            Fault::CutBefore => {
                order.hit(head);
                return Ok(Then::End);
            }
            Fault::CutWithin => {
                self.link.pass(&bytes[..bytes.len() / 2], &self.broker)?;
                order.hit(head);
                return Ok(Then::End);
            }
            Fault::CutAfter => {
                self.expect(head, &order);
                self.link.pass(bytes, &self.broker)?;
                order.hit(head);
                // An error means that the client has gone by itself.
                _ = self.client.shutdown(Shutdown::Both);
                self.await_answer(head);
                return Ok(Then::End);
            }
            Fault::CutAtResponse | Fault::SwallowResponse => {
                self.expect(head, &order);
                self.link.pass(bytes, &self.broker)?;
            }
            Fault::Hold => {
                order.hit(head);
                order.await_release();
                self.expect(head, &order);
                self.link.pass(bytes, &self.broker)?;
                self.await_answer(head);
            }
        }
        Ok(Then::GoOn)
    }

    fn forward_responses(&self) {
        while let Ok(Some(bytes)) = frame::read(&mut &self.broker) {
            let expected = self
                .expected
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&frame::answered(&bytes));
            self.answered.notify_all();
            if let Some((head, order)) = expected {
                match order.fault() {
                    Fault::CutAtResponse => {
                        order.hit(head);
                        break;
                    }
                    Fault::SwallowResponse => {
                        order.hit(head);
                        continue;
                    }
                    Fault::Hold => order.note_answer(),
                    Fault::CutBefore | Fault::CutWithin | Fault::CutAfter => {}
                }
            }
            // If the client has gone, the responses to what it sent before are read and dropped.
            _ = self.link.pass(&bytes, &self.client);
        }
        self.cut();
    }

    fn expect(&self, head: RequestHead, order: &Arc<Order>) {
        self.expected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(head.correlation, (head, Arc::clone(order)));
    }

    fn await_answer(&self, head: RequestHead) {
        let expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        _ = self.answered.wait_timeout_while(expected, PATIENCE, |expected| {
            expected.contains_key(&head.correlation)
        });
    }

    /// Ends both connections, and so both threads.
    fn cut(&self) {
        for stream in [&self.client, &self.broker] {
            // An error means that the connection has ended already.
            _ = stream.shutdown(Shutdown::Both);
        }
    }
}
