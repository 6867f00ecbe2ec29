//! Asking about tokens: what is known already, one question for each token however many wait for the
//! answer, and bounds on how many are asked about at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use reqwest::header::HeaderValue;
use tokio::sync::{Semaphore, watch};

use super::cache::{Cache, Key, Known, Now};
use super::client::{Client, ClientError, Verdict};
use super::service_user::ServiceUser;
use super::settings::Settings;
use super::token::Caller;
use crate::metric;

/// How long nobody is asked after Keystone could not be reached.
const OUTAGE: Duration = Duration::from_secs(1);

/// How often one and the same trouble is logged.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// Why a token's owner is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// Keystone does not know the token, or it has ended.
    Invalid,
    /// Keystone cannot be asked; why.
    Unavailable(Arc<str>),
}

/// What came of a question.
type Outcome = Result<Known, Unknown>;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unknown {
    /// For callers.
    why: Arc<str>,
    /// For monitoring.
    outcome: &'static str,
}

impl Unknown {
    /// Keystone cannot tell.
    fn unavailable(why: impl Into<Arc<str>>) -> Self {
        Self {
            why: why.into(),
            outcome: "unavailable",
        }
    }
}

/// All that is needed to ask about tokens.
#[derive(Clone)]
pub struct Validation(Arc<Inner>);

struct Inner {
    client: Client,
    user: ServiceUser,
    cache: RwLock<Cache>,
    /// Questions on their way, with what those hear who wait for them.
    asked: Mutex<HashMap<Key, watch::Receiver<Option<Outcome>>>>,
    asked_max: usize,
    /// Questions that Keystone is asked at a time.
    slots: Semaphore,
    outage: Mutex<Option<Outage>>,
    failure_said: Seldom,
    bound_said: Seldom,
}

/// Keystone could not be reached.
struct Outage {
    until: Instant,
    why: Arc<str>,
}

impl Validation {
    /// Nothing is known yet.
    pub fn new(client: Client, settings: &Settings) -> Self {
        let user = ServiceUser::new(
            settings.auth_url.clone(),
            settings.credentials.clone(),
            settings.interface.clone(),
            settings.region.clone(),
        );
        Self(Arc::new(Inner {
            client,
            user,
            cache: RwLock::new(Cache::new(settings.cache_time, settings.cache_size)),
            asked: Mutex::default(),
            asked_max: settings.validations_max + settings.validations_waiting,
            slots: Semaphore::new(settings.validations_max),
            outage: Mutex::default(),
            failure_said: Seldom::default(),
            bound_said: Seldom::default(),
        }))
    }

    /// Gets the service user's token, so that what is wrong with it is in the log before anybody calls.
    pub async fn introduce(&self) {
        if let Err(error) = self.0.user.token(&self.0.client, None).await {
            self.0.failed(&error);
        }
    }

    /// Whose `token` is; with `late`, one that has ended counts for as long as Keystone lets it.
    ///
    /// # Errors
    /// Why that is not known.
    pub async fn caller(&self, token: &HeaderValue, late: bool) -> Result<Arc<Caller>, Unproven> {
        let key = Key::of(token.as_bytes(), late);
        let known = self.0.known(&key);
        let is_remembered = known.is_some();
        let known = match known {
            Some(known) => Ok(known),
            None => self.ask(key, token).await,
        };
        let (outcome, caller) = match known {
            Ok(Known::Valid(caller)) if is_remembered => ("remembered", Ok(caller)),
            Ok(Known::Valid(caller)) => ("valid", Ok(caller)),
            Ok(Known::Invalid) => ("invalid", Err(Unproven::Invalid)),
            Err(Unknown { why, outcome }) => (outcome, Err(Unproven::Unavailable(why))),
        };
        counter!(metric::TOKENS.name, "outcome" => outcome).increment(1);
        caller
    }

    async fn ask(&self, key: Key, token: &HeaderValue) -> Outcome {
        let mut answer = {
            let mut asked = self.0.asked();
            // It may have been answered since; the answer is kept before the question is taken away.
            if let Some(known) = self.0.known(&key) {
                return Ok(known);
            }
            if let Some(why) = self.0.outage() {
                return Err(Unknown::unavailable(why));
            }
            match asked.get(&key) {
                Some(answer) => answer.clone(),
                None if asked.len() >= self.0.asked_max => return Err(self.0.full()),
                None => {
                    let (tell, answer) = watch::channel(None);
                    asked.insert(key, answer.clone());
                    let question = Question {
                        inner: Arc::clone(&self.0),
                        key,
                        token: token.clone(),
                    };
                    // A task of its own: whoever asked first may go away before the answer comes.
                    tokio::spawn(async move { tell.send_replace(Some(question.answered().await)) });
                    answer
                }
            }
        };
        let outcome = match answer.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        outcome.unwrap_or_else(|| {
            Err(Unknown::unavailable(
                "the question about the token was lost",
            ))
        })
    }
}

/// One question on its way; it is taken from the list when it is dropped.
struct Question {
    inner: Arc<Inner>,
    key: Key,
    token: HeaderValue,
}

impl Question {
    async fn answered(self) -> Outcome {
        let inner = &self.inner;
        let Ok(_slot) = inner.slots.acquire().await else {
            return Err(Unknown::unavailable("weft is stopping"));
        };
        // Those that waited for a slot need not all find out.
        if let Some(why) = inner.outage() {
            return Err(Unknown::unavailable(why));
        }
        let began = Instant::now();
        let verdict = inner.verdict(&self.token, self.key.is_late()).await;
        histogram!(metric::KEYSTONE_SECONDS.name).record(began.elapsed().as_secs_f64());
        match verdict {
            Ok(verdict) => {
                inner.recovered();
                let known = match verdict {
                    Some(caller) => Known::Valid(Arc::new(*caller)),
                    None => Known::Invalid,
                };
                let mut cache = inner.cache.write().unwrap_or_else(PoisonError::into_inner);
                cache.put(self.key, &known, Now::read());
                Ok(known)
            }
            Err(why) => Err(Unknown::unavailable(why)),
        }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.inner.asked().remove(&self.key);
    }
}

impl Inner {
    fn known(&self, key: &Key) -> Option<Known> {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        cache.get(key, Now::read())
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Option<Outcome>>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose the token is; nobody's where Keystone does not know it.
    async fn verdict(
        &self,
        token: &HeaderValue,
        late: bool,
    ) -> Result<Option<Box<Caller>>, Arc<str>> {
        let mut refused = None;
        loop {
            let own = self.user.token(&self.client, refused.as_ref()).await;
            let own = own.map_err(|error| self.failed(&error))?;
            let verdict = self
                .client
                .validate(&own.endpoint, &own.token, token, late)
                .await;
            match verdict.map_err(|error| self.failed(&error))? {
                Verdict::Valid(caller) => return Ok(Some(caller)),
                Verdict::Unknown => return Ok(None),
                Verdict::WhoAsks if refused.is_none() => refused = Some(own),
                Verdict::WhoAsks => {
                    let user = self.user.credentials.user();
                    return Err(self.log(format!(
                        "Keystone gives {user} tokens and does not take them; is {} the same Keystone as {}?",
                        own.endpoint, self.user.auth_url
                    )));
                }
            }
        }
    }

    /// Notes that Keystone did not answer, and says why in words for callers.
    fn failed(&self, error: &ClientError) -> Arc<str> {
        let mut told = error.to_string();
        if let ClientError::Refused {
            status: 401 | 403, ..
        } = error
        {
            told.push_str("; see the service user in [keystone_authtoken], who needs the role service or admin");
        }
        let why = self.log(told);
        if error.is_outage() {
            *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = Some(Outage {
                until: Instant::now() + OUTAGE,
                why: Arc::clone(&why),
            });
        }
        why
    }

    /// The details are for the log: whoever calls has no business with Keystone's address.
    fn log(&self, told: String) -> Arc<str> {
        if self.failure_said.may_be_said() {
            tracing::error!("tokens cannot be validated: {told}");
        }
        "Keystone, which knows who is calling, cannot be asked at the moment; try again".into()
    }

    /// Why nobody is to be asked now.
    fn outage(&self) -> Option<Arc<str>> {
        let outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        let outage = outage.as_ref()?;
        (Instant::now() < outage.until).then(|| Arc::clone(&outage.why))
    }

    fn recovered(&self) {
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        if outage.take().is_some() {
            tracing::info!("Keystone answers again");
        }
    }

    /// Too many questions are on their way.
    fn full(&self) -> Unknown {
        if self.bound_said.may_be_said() {
            tracing::warn!(
                bound = self.asked_max,
                "as many tokens wait to be validated as may; further ones are answered 503"
            );
        }
        Unknown {
            why: "too many unknown tokens are waiting to be validated; try again".into(),
            outcome: "limited",
        }
    }
}

/// When something was last said.
#[derive(Default)]
struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// True once in [`SAID_EVERY`].
    fn may_be_said(&self) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = said.is_none_or(|at| at.elapsed() >= SAID_EVERY);
        if due {
            *said = Some(Instant::now());
        }
        due
    }
}
