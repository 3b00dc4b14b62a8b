//! `goshawk check`: is the configuration right, and what does it come to?

use crate::cli;
use crate::config::{Config, reference};
use crate::{place, push, store, topology};
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
        writeln!(text, "    {:<12} reads {reads}; writes {writes}", role.name)?;
    }
    if config.tweetoscope.brokers.is_empty() {
        writeln!(text, "\nThe role tweetoscope rests: tweetoscope.brokers names none.")?;
    }
    for (role, url) in [
        ("pushgateway", &config.pushgateway.url),
        ("alertmanager", &config.alertmanager.url),
        ("opensearch", &config.opensearch.url),
    ] {
        if url.is_empty() {
            writeln!(text, "The role {role} rests: {role}.url names none.")?;
        }
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

/// Whether a name sounds like that of a secret.
fn is_secret(name: &str) -> bool {
    ["token", "secret", "password", "key", "pem"].iter().any(|word| name.trim().to_lowercase().ends_with(word))
}

/// Hides what must not be seen in a line of TOML: the user and password of a URL, and values that sound like a secret.
fn masked(line: &str) -> String {
    if let Some((name, _)) = line.split_once('=').filter(|(name, value)| is_secret(name) && value.trim() != "\"\"") {
        return format!("{name}=***");
    }
    let mut texts: Vec<String> = vec![];
    for part in line.split('"') {
        match texts.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => *last = format!("{last}\"{part}"),
            None => texts.push(part.to_owned()),
        }
    }
    texts.iter().map(|text| masked_url(text)).collect::<Vec<_>>().join("\"")
}

fn masked_url(text: &str) -> String {
    let (address, options) = text.split_once('?').map_or((text, None), |(address, options)| (address, Some(options)));
    let address = match (address.find("//"), address.find('@')) {
        (Some(start), Some(end)) if start < end => {
            format!("{}//***{}", address.get(..start).unwrap_or_default(), address.get(end..).unwrap_or_default())
        }
        _ => address.to_owned(),
    };
    let masked = |option: &str| match option.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => option.to_owned(),
    };
    options
        .map_or(address.clone(), |options| format!("{address}?{}", options.split('&').map(masked).collect::<Vec<_>>().join("&")))
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
    for (role, service) in push::services(config)? {
        tell(role, service.reach("/-/ready").map_err(Into::into))?;
    }
    for service in store::services(config)? {
        tell("opensearch", service.reach("/").map_err(Into::into))?;
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
            let groups = topology::groups(config)?;
            let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
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
            ("a = \"x://h?sasl.password=a?b\\\"c&d=e\"", "a = \"x://h?sasl.password=***&d=e\""),
            (
                "sources = [\"a:?ssl.key.pem=x\", \"tweetoscope://me:pw@h?token=y\"]",
                "sources = [\"a:?ssl.key.pem=***\", \"tweetoscope://***@h?token=***\"]",
            ),
            ("api_key = abc", "api_key =***"),
            ("password = \"\"", "password = \"\""),
            (
                "log = \"kafka://a:9092?sasl.username=u&sasl.password=p%26w&ssl.key.password=q\"",
                "log = \"kafka://a:9092?sasl.username=u&sasl.password=***&ssl.key.password=***\"",
            ),
        ] {
            assert_eq!(masked(line), shown);
        }
    }
}
