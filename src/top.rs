//! `goshawk top`: a running goshawk, live in the terminal.

use crate::cli;
use crate::place;
use anyhow::{Context, Result, bail};
use domain::{Condition, Health, RoleHealth};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use ratatui::layout::Constraint;
use ratatui::style::{Color, Style, Stylize};
use ratatui::widgets::{Block, Row, Table};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(1);
const HEADS: [&str; 8] = ["role", "state", "records", "a second", "waiting", "late", "rejected", "doing"];

pub fn top(arguments: &cli::At) -> Result<()> {
    let config = place::configuration(&arguments.common.flags())?;
    let Some(url) = place::running(&config.log) else {
        bail!("no goshawk with a page runs on {}; start one with `goshawk run`", config.log)
    };
    if arguments.once {
        return once(&url);
    }
    let mut terminal = ratatui::try_init().context("this is no terminal; use --once for plain text")?;
    let result = watch(&mut terminal, &url);
    ratatui::restore();
    result
}

fn ask(url: &str) -> Result<Health> {
    let mut answer = place::agent().get(format!("{url}/health")).call().context("the process has gone")?;
    let body = answer.body_mut().read_to_string().context("the process has broken off")?;
    serde_json::from_str(&body).context("the process answered something else than its health")
}

fn once(url: &str) -> Result<()> {
    let mut rates = Rates::default();
    rates.update(&ask(url)?);
    std::thread::sleep(EVERY);
    let health = ask(url)?;
    rates.update(&health);
    let rows = health.roles.iter().map(|role| cells(role, rates.of(role)).join("\t") + "\n");
    crate::print(&format!("{}\n{}", HEADS.join("\t"), rows.collect::<String>()))
}

fn cells(role: &RoleHealth, rate: f64) -> [String; 8] {
    [
        role.role.clone(),
        format!("{:?}", role.condition).to_lowercase(),
        role.records.to_string(),
        format!("{rate:.0}"),
        role.lag.to_string(),
        role.late.to_string(),
        role.rejected.to_string(),
        role.detail.clone(),
    ]
}

/// Records a second, from one look to the next.
#[derive(Default)]
struct Rates {
    before: Option<(Instant, HashMap<String, u64>)>,
    rates: HashMap<String, f64>,
}

impl Rates {
    fn update(&mut self, health: &Health) {
        let now = Instant::now();
        let counts: HashMap<String, u64> = health.roles.iter().map(|role| (role.role.clone(), role.records)).collect();
        if let Some((then, before)) = self.before.take() {
            let seconds = (now - then).as_secs_f64().max(0.001);
            let rate = |(role, count): (&String, &u64)| {
                let done = count.saturating_sub(before.get(role).copied().unwrap_or(*count));
                (role.clone(), done as f64 / seconds)
            };
            self.rates = counts.iter().map(rate).collect();
        }
        self.before = Some((now, counts));
    }

    fn of(&self, role: &RoleHealth) -> f64 {
        self.rates.get(&role.role).copied().unwrap_or_default()
    }
}

fn watch(terminal: &mut ratatui::DefaultTerminal, url: &str) -> Result<()> {
    let mut rates = Rates::default();
    loop {
        let health = ask(url)?;
        rates.update(&health);
        terminal.draw(|frame| frame.render_widget(table(&health, &rates, url), frame.area())).context("cannot draw")?;
        if is_over(EVERY)? {
            return Ok(());
        }
    }
}

fn table<'a>(health: &Health, rates: &Rates, url: &str) -> Table<'a> {
    let row = |role: &RoleHealth| {
        let colour = match role.condition {
            Condition::Ok => Color::Green,
            Condition::Degraded => Color::Yellow,
            Condition::Failed => Color::Red,
        };
        Row::new(cells(role, rates.of(role))).style(Style::default().fg(colour))
    };
    let widths = [16, 10, 12, 10, 10, 8, 10, 40].map(Constraint::Length);
    let title = format!(" goshawk at {url}: q ends ");
    Table::new(health.roles.iter().map(row), widths).header(Row::new(HEADS).bold()).block(Block::bordered().title(title))
}

/// Waits for the next look; whether somebody has had enough.
fn is_over(wait: Duration) -> Result<bool> {
    let until = Instant::now() + wait;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        if !event::poll(left).context("cannot read the keyboard")? {
            return Ok(false);
        }
        if let Event::Key(key) = event::read().context("cannot read the keyboard")? {
            let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            if interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
