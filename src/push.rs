//! Roles that tell services beside ours how things stand: each follows the topics into a board of its own and announces that.
//!
//! They commit nothing. A process that starts again reads the topics again, and what a service has lost it is told again.

#[cfg(test)]
mod tests;

use crate::config::{Config, Millis};
use crate::topology::Role;
use anyhow::{Result, anyhow};
use domain::{Alert, Board};
use engine::{Context, Report, Turn, Turned};
use flow::{Error, Follow, Value};
use sinks::{Alertmanager, Announce, Pushgateway, Service};
use std::time::{Duration, Instant};

/// So many cascades are looked at, and as many that have ended: more than are ever told of.
const ROWS: usize = 10_000;
/// So far back it begins. Who may be among the largest has been predicted lately; of alerts all are read, for one may go on for long.
const BACK: u64 = 100_000;
/// So many times in one turn it reads on before it looks up.
const ROUNDS: usize = 16;
/// Whoever is away is tried again after this, and then after twice as long,
const FIRST: Duration = Duration::from_millis(250);
/// up to this.
const LONGEST: Duration = Duration::from_secs(5);
/// A run that is to end waits so long for a service that is away.
const PATIENCE: Duration = Duration::from_secs(10);

/// A role that announces.
pub struct Push {
    follow: Follow,
    board: Board,
    announce: Box<dyn Announce>,
    context: Context,
    /// At most so often something new is told,
    pace: Duration,
    /// and at least so often everything.
    again: Duration,
    /// Everything that was there at the start has been read.
    ready: bool,
    news: bool,
    tried: Option<Instant>,
    told: Option<Instant>,
    /// Since when, and how often in vain.
    trouble: Option<(Instant, u32)>,
    report: Report,
}

impl Push {
    fn new(announce: Box<dyn Announce>, role: &Role, context: &Context, pace: Millis, again: Duration) -> Self {
        let back = |topic: &&'static str| (*topic, if *topic == Alert::TOPIC { u64::MAX } else { BACK });
        let topics: Vec<(&'static str, u64)> = role.reads.iter().map(back).collect();
        Push {
            follow: Follow::new(context.log.clone(), &topics),
            board: Board::new(ROWS),
            announce,
            context: context.clone(),
            pace: Duration::from_millis(pace.0.unsigned_abs()),
            again,
            ready: false,
            news: false,
            tried: None,
            told: None,
            trouble: None,
            report: Report::default(),
        }
    }

    /// Reads some; false if there was nothing.
    fn hear(&mut self) -> Result<bool, Error> {
        let (board, report, news) = (&mut self.board, &mut self.report, &mut self.news);
        let any = self.follow.round(|heard| {
            let Some(value) = heard.record.value else { return };
            report.records += 1;
            report.bytes += value.len() as u64;
            // What cannot be read was written by a newer version; there is nothing to do about it here.
            let _broken = board.hear(heard.topic, heard.format, value);
            *news = true;
        })?;
        self.ready |= !any;
        Ok(any)
    }

    fn is_due(&self) -> bool {
        let is_past = |at: Option<Instant>, time: Duration| at.is_none_or(|at| at.elapsed() >= time);
        self.ready && (self.trouble.is_some() || self.news && is_past(self.tried, self.pace) || is_past(self.told, self.again))
    }

    fn tell(&mut self) -> Turned {
        let all = self.trouble.is_some() || self.told.is_none_or(|at| at.elapsed() >= self.again);
        self.tried = Some(Instant::now());
        match self.announce.announce(&self.board, (self.context.wall)(), all) {
            Ok(()) => {
                if all {
                    self.told = self.tried;
                }
                (self.news, self.trouble) = (false, None);
                Turned::Worked { bytes: 0 }
            }
            Err(error) => {
                let (since, tries) = self.trouble.unwrap_or((Instant::now(), 0));
                self.trouble = Some((since, tries.saturating_add(1)));
                Turned::Waiting((FIRST * 2_u32.pow(tries.min(5))).min(LONGEST), error.to_string())
            }
        }
    }
}

impl Turn for Push {
    fn turn(&mut self, wait: Duration) -> Result<Turned, Error> {
        let mut any = false;
        for _ in 0..ROUNDS {
            match self.hear() {
                Ok(true) => any = true,
                Ok(false) => break,
                // To look on must never be what stops the work.
                Err(error) => {
                    self.follow.recover();
                    return Ok(Turned::Waiting(FIRST, error.to_string()));
                }
            }
        }
        if self.is_due() {
            return Ok(self.tell());
        }
        if !any {
            self.follow.rest(wait);
            return Ok(Turned::Idle);
        }
        Ok(Turned::Worked { bytes: if self.ready { 0 } else { usize::MAX } })
    }

    fn report(&mut self) -> Report {
        // What came since the last turn counts, too: others may have come to their end meanwhile.
        let is_behind = self.hear().unwrap_or(true);
        let given_up = self.trouble.is_some_and(|(since, _)| since.elapsed() > PATIENCE);
        let done = !is_behind && (given_up || !self.news && self.told.is_some() && self.trouble.is_none());
        Report { done, ..std::mem::take(&mut self.report) }
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        if self.told.is_some()
            && let Err(error) = self.announce.leave()
        {
            tracing::warn!(%error, "could not take back what was told");
        }
    }
}

/// How often a Pushgateway is told everything: one that was started again has lost it.
const AGAIN: Duration = Duration::from_secs(30);
/// How often an Alertmanager is told what is new.
const NEWS: Millis = Millis(1000);

/// The role `pushgateway`.
pub fn pushgateway(config: &Config, role: &Role, context: &Context) -> Result<Box<dyn Turn>> {
    Ok(Box::new(Push::new(Box::new(gateway(config)?), role, context, config.pushgateway.every, AGAIN)))
}

/// The role `alertmanager`.
pub fn alertmanager(config: &Config, role: &Role, context: &Context) -> Result<Box<dyn Turn>> {
    let announce = managers(config)?;
    let again = Duration::from_millis(config.alertmanager.every.0.unsigned_abs());
    Ok(Box::new(Push::new(Box::new(announce), role, context, NEWS, again)))
}

/// The Pushgateway, as configured.
fn gateway(config: &Config) -> Result<Pushgateway> {
    let ours = &config.pushgateway;
    let jobs = [ours.accuracy_job.as_str(), ours.prediction_job.as_str()];
    if ours.every.0 <= 0 {
        anyhow::bail!("pushgateway.every must be longer than nothing");
    }
    Ok(Pushgateway::new(gateway_service(config)?, jobs, ours.top)?)
}

fn gateway_service(config: &Config) -> Result<Service> {
    let ours = &config.pushgateway;
    let password = brokers::secret("pushgateway.password", &ours.password)?;
    Ok(Service::at("Pushgateway", &ours.url)?.with_user(&ours.user, &password))
}

fn managers(config: &Config) -> Result<Alertmanager> {
    let ours = &config.alertmanager;
    if ours.every.0 <= 0 {
        anyhow::bail!("alertmanager.every must be longer than nothing");
    }
    let page = match (ours.page.as_str(), config.listen.as_str()) {
        // Nobody else could follow such a link.
        ("", "off") => None,
        ("", listen) => Some(format!("http://{listen}/")),
        (page, _) if page.starts_with("http://") || page.starts_with("https://") => Some(page.to_owned()),
        (page, _) => anyhow::bail!("alertmanager.page = {page} must start with http:// or https://"),
    };
    Ok(Alertmanager::new(manager_services(config)?, page, ours.every.0))
}

fn manager_services(config: &Config) -> Result<Vec<Service>> {
    let ours = &config.alertmanager;
    let password = brokers::secret("alertmanager.password", &ours.password)?;
    let urls = ours.url.split(',').map(str::trim).filter(|url| !url.is_empty());
    urls.map(|url| Ok(Service::at("Alertmanager", url)?.with_user(&ours.user, &password))).collect()
}

/// Whether a role of ours has a service to tell; one that is asked for by name must have one.
pub fn is_wanted(config: &Config, role: &Role) -> Result<bool> {
    let (url, example) = match role.name {
        "pushgateway" => (&config.pushgateway.url, "http://127.0.0.1:9091"),
        "opensearch" => (&config.opensearch.url, "http://127.0.0.1:9200"),
        _ => (&config.alertmanager.url, "http://127.0.0.1:9093"),
    };
    let is_named = config.roles.iter().any(|name| name == role.name);
    match url.trim() {
        "" if is_named => Err(anyhow!("the role {0} needs {0}.url, as in {example}", role.name)),
        url => Ok(!url.is_empty()),
    }
}

/// What is configured is right, as far as that can be seen from here.
pub fn validate(config: &Config) -> Result<()> {
    if !config.pushgateway.url.is_empty() {
        gateway(config)?;
    }
    if !config.alertmanager.url.is_empty() {
        managers(config)?;
    }
    Ok(())
}

/// The services that are configured, by their roles.
pub fn services(config: &Config) -> Result<Vec<(&'static str, Service)>> {
    let mut services = vec![];
    if !config.pushgateway.url.is_empty() {
        services.push(("pushgateway", gateway_service(config)?));
    }
    services.extend(manager_services(config)?.into_iter().map(|service| ("alertmanager", service)));
    Ok(services)
}
