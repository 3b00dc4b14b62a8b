//! A bound on how many steps compute at the same time: as many as there are processors, however many roles run.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// The right to compute, handed out so many times at once.
#[derive(Clone)]
pub struct Permits(Arc<(Mutex<usize>, Condvar)>);

impl Permits {
    /// So many permits.
    pub fn new(count: usize) -> Self {
        Permits(Arc::new((Mutex::new(count.max(1)), Condvar::new())))
    }

    /// Computes, once there is a permit.
    pub fn with<T>(&self, compute: impl FnOnce() -> T) -> T {
        let (free, given_back) = &*self.0;
        let mut count = free.lock().unwrap_or_else(PoisonError::into_inner);
        while *count == 0 {
            count = given_back.wait(count).unwrap_or_else(PoisonError::into_inner);
        }
        *count -= 1;
        drop(count);
        let _returned = Returned(self);
        compute()
    }
}

/// Gives the permit back, also when the computation panics.
struct Returned<'a>(&'a Permits);

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        let (free, given_back) = &*self.0.0;
        *free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        given_back.notify_one();
    }
}
