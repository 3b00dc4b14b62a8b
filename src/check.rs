//! `goshawk check`: is the configuration right, and what does it come to?

use crate::cli;
use crate::config::{Config, reference};
use crate::{place, topology};
use anyhow::{Context, Result, bail};
use journal::{Access, Settings, Url};
use std::fmt::Write;

pub fn check(arguments: &cli::Check) -> Result<()> {
    if arguments.reference {
        return crate::print(&reference());
    }
    let config = place::configuration(&arguments.common.flags())?;
    crate::print(&explain(&config)?)?;
    if arguments.connect {
        connect(&config)?;
    }
    Ok(())
}

/// What is in force, in words and as TOML.
fn explain(config: &Config) -> Result<String> {
    let url: Url = config.log.parse()?;
    let mut text = String::from("The configuration is right. In force:\n\n");
    for line in toml::to_string(config).context("cannot show the configuration")?.lines() {
        writeln!(text, "{}", format!("    {}", masked(line)).trim_end())?;
    }
    writeln!(text, "\nRoles of this process:\n")?;
    for role in topology::roles(config)? {
        let reads = if role.reads.is_empty() { "nothing".to_owned() } else { role.reads.join(", ") };
        let writes = if role.writes.is_empty() { "nothing".to_owned() } else { role.writes.join(", ") };
        writeln!(text, "    {:<11} reads {reads}; writes {writes}", role.name)?;
    }
    if config.tweetoscope.brokers.is_empty() {
        writeln!(text, "\nThe role tweetoscope rests: tweetoscope.brokers names none.")?;
    }
    let windows = &config.windows;
    writeln!(text, "\nCounts are per city, for {} at a time, every {}.", windows.size, windows.hop)?;
    writeln!(text, "A post more than {} behind the newest of its source goes to topic late.", config.time.lateness)?;
    let (collect, windows) = (&config.collect, config.collect.windows.iter().map(ToString::to_string).collect::<Vec<_>>());
    writeln!(text, "A cascade is looked at after {}, and has ended after {} of silence.", windows.join(", "), collect.silence)?;
    match url {
        Url::Memory { .. } => writeln!(text, "The log is in memory: everything is gone when the process ends.")?,
        Url::Disk { .. } => {}
        Url::Kafka(settings) => writeln!(text, "{}", of_kafka(&settings))?,
    }
    Ok(text)
}

/// What to know about a log on Kafka.
fn of_kafka(settings: &Settings) -> String {
    let copies =
        settings.cache.as_ref().map_or("none on this machine".into(), |folder| format!("copies in {}", folder.display()));
    let names = if settings.prefix.is_empty() { "without a prefix".into() } else { format!("{}...", settings.prefix) };
    format!(
        "The log is on the brokers {}: topics and groups are named {names}, states are kept there, with {copies}.\n\
         A topic on Kafka cannot lose a single record: the role erase rests, and posts that were taken back go with topics.keep.",
        settings.brokers
    )
}

/// Hides what must not be seen: the user and password of a URL, and options that sound like a secret.
fn masked(line: &str) -> String {
    let secret = |name: &str| ["token", "secret", "password", "key"].iter().any(|word| name.to_lowercase().ends_with(word));
    let mut masked: Vec<String> = vec![];
    for piece in line.split_inclusive(['&', '?', '"']) {
        match piece.split_once('=') {
            Some((name, value)) if secret(name.trim()) => {
                let tail: String = value.chars().rev().take_while(|c| ['&', '?', '"'].contains(c)).collect();
                masked.push(format!("{name}=***{tail}"));
            }
            _ => masked.push(piece.to_owned()),
        }
    }
    let text = masked.concat();
    match (text.find("://"), text.find('@')) {
        (Some(start), Some(end)) if start < end => {
            let (head, rest) = text.split_at(start + 3);
            format!("{head}***{}", rest.get(end - start - 3..).unwrap_or_default())
        }
        _ => text,
    }
}

/// Tries what the configuration names.
fn connect(config: &Config) -> Result<()> {
    crate::print("\nTrying it:\n\n")?;
    let mut failures = 0;
    let mut tell = |what: &str, result: Result<String>| match result {
        Ok(how) => crate::print(&format!("    ok      {what}: {how}\n")),
        Err(error) => {
            failures += 1;
            crate::print(&format!("    failed  {what}: {error:#}\n"))
        }
    };
    tell("log", try_log(config))?;
    for url in &config.sources {
        let opened = sources::open(url, &sources::Settings::default());
        tell(&masked(url), opened.map(|opened| format!("is the source {}", opened.name)).map_err(Into::into))?;
    }
    if !config.tweetoscope.brokers.is_empty() {
        let reached = topology::strangers(config).and_then(|settings| Ok(brokers::reach(&settings)?));
        tell("tweetoscope", reached)?;
    }
    if config.listen != "off" {
        let bound = std::net::TcpListener::bind(&config.listen).with_context(|| format!("cannot listen on {}", config.listen));
        tell("listen", bound.map(|_| format!("{} is free", config.listen)))?;
    }
    if failures > 0 {
        bail!("{failures} of these failed");
    }
    Ok(())
}

fn try_log(config: &Config) -> Result<String> {
    if let Some(url) = place::running(&config.log) {
        return Ok(format!("{} is in use by the process at {url}", config.log));
    }
    let existed = match config.log.parse::<Url>()? {
        Url::Kafka(settings) => {
            let groups: Vec<&str> = topology::roles(config)?.iter().map(|role| role.name).collect();
            return Ok(journal::try_kafka(*settings, &topology::topics(config), &groups)?);
        }
        Url::Disk { path, .. } => path.join("FORMAT").exists(),
        Url::Memory { .. } => true,
    };
    if !existed {
        return Ok(format!("{} will be made", config.log));
    }
    let log = journal::open(&config.log, Access::Write)?;
    Ok(format!("{} opens, with {} topics", config.log, log.topics()?.len()))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn secrets_are_hidden_and_the_rest_is_not() {
        for (line, shown) in [
            ("log = \"disk:./a?fsync=always\"", "log = \"disk:./a?fsync=always\""),
            ("sources = [\"x:?token=abc&rules=r\"]", "sources = [\"x:?token=***&rules=r\"]"),
            ("a = \"http://me:pw@host/x\"", "a = \"http://***@host/x\""),
            ("api_key = abc", "api_key =***"),
            (
                "log = \"kafka://a:9092?sasl.username=u&sasl.password=p%26w&ssl.key.password=q\"",
                "log = \"kafka://a:9092?sasl.username=u&sasl.password=***&ssl.key.password=***\"",
            ),
        ] {
            assert_eq!(masked(line), shown);
        }
    }
}
