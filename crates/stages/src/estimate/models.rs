//! What the models say of one partial cascade.

use domain::Series;
use flow::Broken;
use ml::hawkes::power::{PowerPrior, PowerSearch};
use ml::hawkes::{BETA, Cascade, Fit, Forecast, Moments, Prior, Search, seismic};
use ml::popularity::{Author, Features, View};

/// Which model is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Model {
    /// A marked Hawkes process whose interest fades exponentially.
    Exponential,
    /// One whose interest fades as a power of time.
    PowerLaw,
    /// SEISMIC, for this mean number of followers.
    Seismic {
        /// See there.
        degree: f64,
    },
}

/// Where what is usual comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Usual {
    /// From the cascades that have ended.
    Learned,
    /// It was said beforehand: the mean mark, and the prior.
    Given(f64, Prior),
    /// There is no prior; marks are as learned.
    Nothing,
}

/// A partial cascade as numbers.
pub(super) struct Look {
    times: Vec<f64>,
    marks: Vec<f64>,
    end: f64,
    /// Posts that were counted and not listed.
    unlisted: f64,
}

/// What is known before a cascade is looked at.
pub(super) struct Known {
    pub(super) moments: Moments,
    pub(super) prior: Option<Prior>,
    pub(super) learned_from: u64,
    pub(super) author: Author,
}

/// What a model says.
pub(super) struct Opinion {
    pub(super) model: &'static str,
    /// Name, value, standard error of the logarithm.
    pub(super) parameters: Vec<(&'static str, f64, Option<f64>)>,
    pub(super) n_star: f64,
    pub(super) g1: f64,
    /// The final size, and its 5 % and 95 % quantiles.
    pub(super) forecast: Option<(f64, Option<(f64, f64)>)>,
    /// What teaches the learner, should the model be one that does.
    pub(super) fit: Option<Fit>,
}

impl Look {
    /// What a window saw. Of a very large cascade only the first posts are listed: it is looked at as it was when the last of
    /// them came.
    pub(super) fn at(series: &Series<'_>, window_s: u32) -> Result<Look, Broken> {
        let mut events: Vec<[u64; 2]> = series.events.clone();
        if !events.is_sorted_by_key(|event| event[0]) {
            events.sort_by_key(|event| event[0]);
        }
        let times: Vec<f64> = events.iter().map(|event| event[0] as f64 / 1000.0).collect();
        let marks = events.iter().map(|event| event[1] as f64).collect();
        let unlisted = series.size.saturating_sub(times.len() as u64) as f64;
        let last = times.last().copied().unwrap_or(0.0);
        let end = if unlisted > 0.0 { last } else { f64::from(window_s).max(last) };
        let look = Look { times, marks, end, unlisted };
        look.cascade()?;
        Ok(look)
    }

    pub(super) fn cascade(&self) -> Result<Cascade<'_>, Broken> {
        Cascade::new(&self.times, &self.marks, self.end).map_err(|unfit| Broken(unfit.to_string()))
    }

    /// The mark of the first post.
    pub(super) fn first(&self) -> f64 {
        self.marks.first().copied().unwrap_or(0.0)
    }

    /// How many reposts are listed, the sum of their marks, and that of the squares.
    pub(super) fn sums(&self) -> (u64, f64, f64) {
        let reposts = self.marks.get(1..).unwrap_or_default();
        (reposts.len() as u64, reposts.iter().sum(), reposts.iter().map(|mark| mark * mark).sum())
    }

    /// The moments of its own reposts; if there are none, or nobody follows them, all are taken to be one.
    pub(super) fn moments(&self) -> Moments {
        let (count, sum, squares) = self.sums();
        if sum > 0.0 { Moments { mean: sum / count as f64, square: squares / count as f64 } } else { Moments::constant(1.0) }
    }
}

impl Model {
    /// What it says, and what predictors go by: those of the exponential kernel, whatever is asked for.
    pub(super) fn opinion(
        &self,
        look: &Look,
        known: &Known,
        max_branching: f64,
        silence_s: f64,
    ) -> Result<(Opinion, Features), Broken> {
        let cascade = look.cascade()?;
        let (usual, features) = exponential(&cascade, known, max_branching, silence_s);
        let mut opinion = match self {
            Model::Exponential => usual,
            Model::PowerLaw => power_law(&cascade, known, max_branching),
            Model::Seismic { degree } => by_seismic(&cascade, *degree),
        };
        if let Some((mean, odds)) = &mut opinion.forecast {
            *mean += look.unlisted;
            *odds = odds.map(|(low, high)| (low + look.unlisted, high + look.unlisted));
        }
        Ok((opinion, features))
    }
}

fn exponential(cascade: &Cascade<'_>, known: &Known, max_branching: f64, silence: f64) -> (Opinion, Features) {
    let search = Search { prior: known.prior, mean_mark: known.moments.mean, max_branching, beta: BETA };
    let fit = search.fit(cascade);
    let forecast = search.forecast(cascade, &fit, known.moments);
    let view = View { cascade, fit: &fit, forecast: &forecast, mean_mark: known.moments.mean, silence, author: known.author };
    let features = view.features();
    let Forecast { g1, n_star, mean, low, high } = forecast;
    let errors = fit.errors.map(|errors| (errors.ln_p, errors.ln_beta)).unzip();
    let parameters = vec![("p", fit.p, errors.0), ("beta", fit.beta, errors.1)];
    let forecast = Some((mean, Some((low, high))));
    (Opinion { model: "exponential", parameters, n_star, g1, forecast, fit: Some(fit) }, features)
}

/// What is usual of a power law's shape: interest holds for some minutes and falls slowly, give or take a factor of a few.
const SHAPE: [(f64, f64); 2] = [(300.0, 1.5), (0.4, 0.7)];

fn power_law(cascade: &Cascade<'_>, known: &Known, max_branching: f64) -> Opinion {
    let [(c, c_sd), (theta, theta_sd)] = SHAPE;
    let prior = known.prior.map(|prior| PowerPrior {
        mean: [prior.mean[0], c.ln(), theta.ln()],
        covariance: [[prior.covariance[0][0], 0.0, 0.0], [0.0, c_sd * c_sd, 0.0], [0.0, 0.0, theta_sd * theta_sd]],
    });
    let search = PowerSearch { prior, mean_mark: known.moments.mean, max_branching };
    let fit = search.fit(cascade);
    let Forecast { g1, n_star, mean, low, high } = search.forecast(cascade, &fit, known.moments);
    let errors = fit.errors.map(|[c, _, theta]| (c.sqrt(), theta.sqrt())).unzip();
    let parameters = vec![("p", fit.p, None), ("c", fit.shape.c, errors.0), ("theta", fit.shape.theta, errors.1)];
    Opinion { model: "power-law", parameters, n_star, g1, forecast: Some((mean, Some((low, high)))), fit: None }
}

/// It has neither a prior nor a say on how sure it is.
fn by_seismic(cascade: &Cascade<'_>, degree: f64) -> Opinion {
    let infectiousness = seismic::infectiousness(cascade).unwrap_or(0.0);
    let n_star = infectiousness * degree;
    let predicted = seismic::predict(cascade, degree).map(|prediction| prediction.size);
    let more = predicted.map_or(0.0, |size| size - cascade.size() as f64);
    let parameters = vec![("infectiousness", infectiousness, None)];
    let forecast = predicted.map(|size| (size, None));
    Opinion { model: "seismic", parameters, n_star, g1: more * (1.0 - n_star), forecast, fit: None }
}
