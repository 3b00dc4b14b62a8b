//! The folder of a log: one writer, one format.

use crate::Access;
use crate::store::random_name;
use flow::{Error, Result};
use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

const FORMAT: &str = "goshawk log, format 3\n";
/// The file of the name that tells this log from another in the same place.
const IDENTITY: &str = "IDENTITY";

/// Holds the folder for as long as it lives.
pub struct Lock(#[allow(dead_code, reason = "the lock goes when the file is closed")] File);

/// Wraps an I/O error with what was being done.
pub fn io_error(what: &str, path: &Path) -> impl Fn(std::io::Error) -> Error {
    let text = format!("{what} {}", path.display());
    move |error| match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Error::Full(format!("{text}: {error}")),
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotADirectory => Error::Refused(format!("{text}: {error}")),
        _ => Error::Io(format!("{text}: {error}")),
    }
}

/// Takes the folder, making it if need be; refuses one that is in use or of another format.
pub fn take(path: &Path, access: Access) -> Result<Lock> {
    if access == Access::Write {
        fs::create_dir_all(path).map_err(io_error("cannot make the log's folder", path))?;
    } else if !path.join("FORMAT").exists() {
        return Err(Error::Refused(format!("there is no log at {}", path.display())));
    }
    let name = path.join("LOCK");
    let mut file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&name)
        .map_err(io_error("cannot open", &name))?;
    let locked = if access == Access::Write { file.try_lock() } else { file.try_lock_shared() };
    match locked {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(in_use(path, &mut file)),
        Err(TryLockError::Error(error)) => return Err(io_error("cannot lock", &name)(error)),
    }
    if access == Access::Write {
        let told = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        told.map_err(io_error("cannot write", &name))?;
    }
    check_format(path, access)?;
    if access == Access::Write {
        identify(path)?;
    }
    Ok(Lock(file))
}

/// Gives the log a name of its own, unless it has one.
fn identify(path: &Path) -> Result<()> {
    let name = path.join(IDENTITY);
    if name.exists() {
        return Ok(());
    }
    // Whole, or not there: a start that is killed here must not leave half a name.
    let fresh = path.join("IDENTITY.new");
    let written = File::create(&fresh).and_then(|mut file| {
        file.write_all(random_name().as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&fresh, &name)).map_err(io_error("cannot write", &name))
}

/// The log's name.
pub fn identity(path: &Path) -> Result<String> {
    let name = path.join(IDENTITY);
    fs::read_to_string(&name).map_err(io_error("cannot read", &name))
}

fn in_use(path: &Path, file: &mut File) -> Error {
    let mut holder = String::new();
    let holder = match file.read_to_string(&mut holder) {
        Ok(1..) => format!("process {holder}"),
        _ => "another process".into(),
    };
    let place = path.display();
    Error::Refused(format!("the log at {place} is in use by {holder}; stop it first, or use another folder (--log disk:PATH)"))
}

fn check_format(path: &Path, access: Access) -> Result<()> {
    let name = path.join("FORMAT");
    match fs::read_to_string(&name) {
        Ok(format) if format == FORMAT => Ok(()),
        Ok(format) => Err(Error::Refused(format!(
            "the log at {} says '{}', and this version reads '{}'; use the version of goshawk that wrote it, or another folder",
            path.display(),
            format.trim().chars().take(60).collect::<String>(),
            FORMAT.trim()
        ))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && access == Access::Write => begin(path, &name),
        Err(error) => Err(io_error("cannot read", &name)(error)),
    }
}

fn begin(path: &Path, name: &Path) -> Result<()> {
    let strange = fs::read_dir(path).map_err(io_error("cannot read", path))?.flatten().any(|entry| entry.file_name() != "LOCK");
    if strange {
        let place = path.display();
        return Err(Error::Refused(format!("{place} is not empty and holds no log; name a new folder for the log")));
    }
    fs::write(name, FORMAT).map_err(io_error("cannot write", name))
}
