//! A proxy between clients and a broker, which delays, cuts, loses and holds back what Kafka's protocol exchanges.
//!
//! Its port is the one that the broker advertises. Otherwise clients would connect to the broker directly after the first
//! response to a metadata request. It understands requests only as far as their kind and number ([`frame`]).

mod connection;
mod frame;
mod link;
mod order;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use connection::Connection;
pub(crate) use frame::Api;
use frame::RequestHead;
use link::Link;
pub(crate) use link::{Affected, Conditions, Delay};
pub(crate) use order::{Fault, Order, Turn};

/// A running proxy; it ends with the process.
pub(crate) struct Proxy {
    port: u16,
    broker: Arc<OnceLock<SocketAddr>>,
    orders: Arc<Orders>,
    /// The network between clients and broker.
    pub link: Arc<Link>,
}

/// The orders in force, and the requests that passed or were hit.
#[derive(Default)]
struct Orders {
    given: Mutex<Vec<Arc<Order>>>,
    requests: Mutex<BTreeMap<Api, u64>>,
}

impl Orders {
    /// The fault for a request, if there is one. Every order counts it.
    fn find(&self, head: RequestHead) -> Option<Arc<Order>> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry(head.api).or_default() += 1;
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let hit: Vec<_> = given.iter().filter(|order| order.is_for(head)).collect();
        hit.first().map(|order| Arc::clone(order))
    }
}

impl Proxy {
    /// Listens on a free port. Connections are refused until [`Proxy::serve`] names the broker.
    pub(crate) fn new() -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let proxy = Proxy {
            port: listener.local_addr().expect("it is bound").port(),
            broker: Arc::default(),
            orders: Arc::default(),
            link: Arc::new(Link::new()),
        };
        let (broker, orders, link) = (
            Arc::clone(&proxy.broker),
            Arc::clone(&proxy.orders),
            Arc::clone(&proxy.link),
        );
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { continue };
                // A broker that does not run refuses connections; here the connection ends at once.
                let Some(Ok(broker)) = broker.get().map(TcpStream::connect) else {
                    continue;
                };
                let connection = Connection::new(client, broker, Arc::clone(&orders), Arc::clone(&link));
                std::thread::spawn(move || connection.serve());
            }
        });
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Begins to forward connections to this broker, `host:port`.
    pub(crate) fn serve(&self, broker: &str) {
        let broker = broker.parse().expect("an address");
        self.broker.set(broker).expect("it serves one broker");
    }

    /// Gives an order; it is in force until [`Proxy::reset`].
    pub(crate) fn order(&self, api: Api, turn: Turn, fault: Fault) -> Arc<Order> {
        let order = Order::new(api, turn, fault);
        self.give(&order);
        order
    }

    /// Gives an order that other proxies have too: it counts the requests to all of their brokers.
    pub(crate) fn give(&self, order: &Arc<Order>) {
        self.given().push(Arc::clone(order));
    }

    /// How many requests of this kind have come since [`Proxy::reset`].
    pub(crate) fn requests(&self, api: Api) -> u64 {
        let requests = self.orders.requests.lock();
        let requests = requests.unwrap_or_else(PoisonError::into_inner);
        requests.get(&api).copied().unwrap_or(0)
    }

    /// Revokes all orders, and lets everything pass.
    pub(crate) fn reset(&self) {
        for order in self.given().drain(..) {
            order.release();
        }
        self.orders
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.link.reset();
    }

    /// Revokes all orders and counts anew; requests that are held remain held.
    pub(crate) fn revoke_orders(&self) {
        self.given().clear();
        let requests = self.orders.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).clear();
        self.link.reset();
    }

    fn given(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Order>>> {
        self.orders.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
