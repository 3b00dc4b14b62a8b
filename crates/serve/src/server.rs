//! The server: it binds at once, runs in threads of its own, and stops when told.

use crate::Error;
#[cfg(test)]
mod tests;

use crate::api::{self, App, Limits};
use crate::follow::{Cascades, Follower, Listener, Windows};
use crate::hub::{Before, Hub};
use crate::view::Bounds;
use domain::{Finder, Vitals};
use flow::Log;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often the live clients hear how the process is.
const BEAT: Duration = Duration::from_secs(2);
/// How long a server that is dropped without a word waits for its requests.
const SHORT: Duration = Duration::from_millis(200);

/// How to serve.
#[derive(Clone)]
pub struct Options {
    /// Where to listen: `HOST:PORT`. Port 0 takes a free one.
    pub listen: String,
    /// How many windows to keep in memory.
    pub keep: Bounds,
    /// How many clients may hear the live events at a time; others are asked to come back later.
    pub live_clients: usize,
    /// How many taps may be open at a time.
    pub taps: usize,
    /// An index of the documents, if this process has one.
    pub finder: Option<Arc<dyn Finder>>,
}

impl Default for Options {
    fn default() -> Self {
        Options { listen: "127.0.0.1:7878".to_owned(), keep: Bounds::default(), live_clients: 256, taps: 32, finder: None }
    }
}

/// A server that runs. It is not to be started, stopped or dropped inside asynchronous code: it waits for its threads.
pub struct Server {
    address: SocketAddr,
    stopping: watch::Sender<bool>,
    stop: Arc<AtomicBool>,
    runtime: Option<Runtime>,
    serving: Option<JoinHandle<io::Result<()>>>,
    followers: Vec<thread::JoinHandle<()>>,
}

impl Server {
    /// Listens, and starts to serve what `log` holds and how `vitals` says the process is.
    pub fn start(options: Options, log: Arc<dyn Log>, vitals: Arc<dyn Vitals>) -> Result<Server, Error> {
        let listener = listen(&options.listen)?;
        let address = listener.local_addr().map_err(Error::Threads)?;
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("serve").enable_all().build();
        let runtime = runtime.map_err(Error::Threads)?;
        let hub = Arc::new(Hub::new(options.keep, vitals));
        let (stopping, stop) = (watch::Sender::new(false), Arc::new(AtomicBool::new(false)));
        let windows = Follower::new(log.clone(), hub.clone(), Windows::new(options.keep.rows), stop.clone());
        let cascades = Follower::new(log.clone(), hub.clone(), Cascades::default(), stop.clone());
        let limits = Limits { live: options.live_clients, taps: options.taps };
        let app = App::new(hub.clone(), log, limits, stopping.subscribe()).with_finder(options.finder);
        runtime.spawn(beat(hub, stopping.subscribe()));
        let serving = runtime.spawn(serve(listener, app, stopping.subscribe()));
        let followers = vec![follow("serve-counts", windows)?, follow("serve-cascades", cascades)?];
        Ok(Server { address, stopping, stop, runtime: Some(runtime), serving: Some(serving), followers })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, ends the live events and the taps, and waits for the rest up to `deadline`.
    pub fn stop(mut self, deadline: Duration) {
        self.end(deadline);
    }

    fn end(&mut self, deadline: Duration) {
        let Some(runtime) = self.runtime.take() else { return };
        let until = Instant::now() + deadline;
        self.stopping.send_replace(true);
        self.stop.store(true, Ordering::Relaxed);
        if let Some(serving) = self.serving.take() {
            // Who has not been answered by then never will be.
            let _ = runtime.block_on(async { tokio::time::timeout(deadline, serving).await });
        }
        runtime.shutdown_timeout(until.saturating_duration_since(Instant::now()));
        for follower in self.followers.drain(..) {
            while !follower.is_finished() && Instant::now() < until {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(SHORT);
    }
}

fn follow<L: Listener + 'static>(name: &str, follower: Follower<L>) -> Result<thread::JoinHandle<()>, Error> {
    thread::Builder::new().name(name.to_owned()).spawn(|| follower.run()).map_err(Error::Threads)
}

fn listen(address: &str) -> Result<TcpListener, Error> {
    let bound = TcpListener::bind(address).and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    bound.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::Taken(address.to_owned()),
        _ => Error::Listen { address: address.to_owned(), source },
    })
}

async fn serve(listener: TcpListener, app: App, mut stopping: watch::Receiver<bool>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let service = api::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let stopped = async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    axum::serve(listener, service).with_graceful_shutdown(stopped).await
}

async fn beat(hub: Arc<Hub>, mut stopping: watch::Receiver<bool>) {
    let mut before = Before::new(Instant::now());
    let stopped = stopping.wait_for(|stop| *stop);
    tokio::pin!(stopped);
    loop {
        let hub = hub.clone();
        let beaten = tokio::task::spawn_blocking(move || {
            hub.beat(&mut before, Instant::now());
            before
        });
        before = match beaten.await {
            Ok(before) => before,
            Err(_) => Before::new(Instant::now()),
        };
        tokio::select! {
            _ = &mut stopped => return,
            () = tokio::time::sleep(BEAT) => {}
        }
    }
}
