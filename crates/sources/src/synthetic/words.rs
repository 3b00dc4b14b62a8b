//! What people say: sentences with gaps, and what fills them. Made up; none of it was ever posted.

use crate::dice::Dice;

/// What a post is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subject(pub(super) u64);

impl Subject {
    pub(super) const COUNT: u64 = ENGLISH.len() as u64;
}

const ENGLISH: [&[&str]; 8] = [
    // Weather
    &[
        "{sky} over {city} this {part} {mood}",
        "{sky} again. {city}, you never change {mood}",
        "Anyone else in {city} stuck inside because of the {storm}?",
        "Took this on the way to work, {sky} and the light was {praise} {link}",
        "Forecast says {storm} by {part}. Bring a coat, {city} #weather",
        "{degrees} degrees in {city} and it is only {part}… {mood}",
        "The {storm} woke the whole street up last night {mood}",
    ],
    // Traffic
    &[
        "Traffic on {road} is {slow}, avoid it if you can #traffic",
        "Accident near {spot}, two lanes closed. {city} drivers, take {road} instead",
        "{minutes} minutes for a bus in {city}, then three at once {anger}",
        "{road} moving again after the crash this {part}",
        "They closed {road} for repairs and told nobody {anger}",
        "Train from {city} delayed by {minutes} minutes, thanks {mention} {anger}",
        "Parking around {spot} is {slow} today, go by bike",
    ],
    // Football
    &[
        "GOOOAL! {team} {score} {mood} #football",
        "{team} were {praise} tonight, what a match {mood}",
        "How do you miss that from two metres, {team}?! {anger}",
        "Off to the stadium with {friend}, come on {team}! {link}",
        "{score} at half time. {team} need a new striker, not a new coach",
        "{city} is singing tonight {mood} {tag}",
        "Best save I have seen in years. Take a bow, keeper of {team}",
    ],
    // Concerts
    &[
        "{band} live in {city} tonight, still shaking {mood} {tag}",
        "Got two spare tickets for {band} at {spot}, write me if you want them",
        "{band} played for {minutes} minutes and it was {praise}",
        "Queue for {band} goes all the way round {spot} {link}",
        "The new record by {band} is {praise}, that is all {mood}",
        "Sound at {spot} was {poor} but {band} saved the evening",
    ],
    // News
    &[
        "Mayor of {city} promises {number} new homes by next year {link} #news",
        "Police ask for witnesses after a break-in near {spot} in {city}",
        "Fire at {spot} is under control, nobody hurt, says the fire brigade {link}",
        "{city} council votes on {plan} this {part}. Thread:",
        "Power is back in most of {city}, {number} homes still wait",
        "Strike at the port of {city} goes into its second week {link}",
        "Reading about {plan} and I still do not get who pays for it",
    ],
    // Food
    &[
        "{dish} at {spot} was {praise}. Go. Now. {mood}",
        "Made {dish} for {friend}, burnt half of it, we ate it anyway {mood}",
        "Where do you get good {dish} in {city}? Asking for {friend}",
        "{minutes} minutes in line for {dish} and worth every second {link}",
        "Cold {dish} and a {poor} coffee. Never again, {spot} {anger}",
        "Sunday is for {dish} and nothing else {tag}",
    ],
    // Complaints
    &[
        "Third day without hot water in {city}, {mention} are you even listening? {anger}",
        "My phone company charged me twice and the hotline is {poor} {anger}",
        "Why is everything in {city} closed on a {part}",
        "The new app of {mention} is {poor}. Bring the old one back!",
        "Neighbour has been drilling since six. Six! {anger}",
        "{minutes} minutes on hold and then the line went dead {anger}",
        "Internet down again in half of {city} {anger} {mention}",
    ],
    // Everyday
    &[
        "Finally finished that book {friend} gave me. {praise}!",
        "Walked all of {road} with {friend}, {sky} the whole way {mood}",
        "Found a cat at {spot}, she has adopted me now {link}",
        "First day at the new job in {city} {mood}",
        "Note to self: never trust {friend} with directions",
        "Good morning {city}! {mood} {tag}",
        "Cannot sleep. Thinking about {plan} again, of all things",
        "New photos from {spot} are up {link} {tag}",
    ],
];

const INDONESIAN: &[&str] = &[
    "Macet parah di {road} {city}, hindari dulu ya {anger}",
    "Hujan deras di {city} dari tadi {part_id}, hati-hati di jalan {mood}",
    "Lagi makan {dish_id} dekat {spot}, enak banget {mood}",
    "Lalu lintas {city} pagi ini lancar, semoga tetap begini #info",
    "Nonton {band} malam ini sama {friend} {mood} {link}",
    "Mati lampu lagi di {city}, sudah {minutes} menit {anger} {mention}",
    "Gol! {team} menang {score}, luar biasa {mood}",
    "Selamat pagi {city}! Jangan lupa sarapan {mood}",
];

const SPANISH: &[&str] = &[
    "Otra vez atasco en {road}, {minutes} minutos para nada {anger}",
    "Qué bonita está {city} esta mañana {mood} {link}",
    "¡GOOOL de {team}! {score} {mood}",
    "Concierto de {band} en {city}, qué noche {mood} {tag}",
    "Llueve en {city} y yo sin paraguas {mood}",
    "¿Dónde se come buen {dish} por {spot}?",
    "Se fue la luz en medio {city} {anger} {mention}",
    "Hoy empieza todo. Buenos días, {city} {mood}",
];

const FRENCH: &[&str] = &[
    "Encore des bouchons sur {road}, comptez {minutes} minutes {anger}",
    "Il pleut sur {city}, comme toujours {mood}",
    "But de {team} ! {score} {mood} #foot",
    "Concert de {band} ce soir à {city}, trop hâte {mood}",
    "Le métro est en panne depuis {minutes} minutes, merci {mention} {anger}",
    "Meilleur {dish} de {city} : juste à côté de {spot} {link}",
    "Bonjour {city} ! Belle journée à tous {mood}",
    "Quelqu'un comprend quelque chose à {plan} ?",
];

const GAPS: [(&str, &[&str]); 22] = [
    ("sky", &["Grey clouds", "Blue sky", "Fog", "Drizzle", "A red sunset", "Low sun", "Not one cloud", "Heavy rain"]),
    ("storm", &["thunderstorm", "snow", "hail", "heatwave", "storm", "flood warning", "wind", "black ice"]),
    ("part", &["morning", "afternoon", "evening", "Monday", "Sunday", "Friday night", "lunchtime", "night"]),
    ("part_id", &["pagi", "siang", "sore", "malam", "subuh"]),
    ("mood", &["😂", "❤️", "🔥", "😍", "🙏", "☀️", "🎉", "🥲", "👏", ":)", "", "", "", "", "!!"]),
    ("anger", &["😡", "🤬", "🙄", "😤", ":(", "Unbelievable.", "Seriously?", "Again.", "", "!!!"]),
    ("praise", &["brilliant", "lovely", "amazing", "the best in years", "so good", "great", "perfect", "wonderful", "superb"]),
    ("poor", &["awful", "terrible", "a bad joke", "useless", "the worst", "disappointing", "horrible"]),
    ("slow", &["at a standstill", "terrible", "very slow", "a mess", "backed up for miles", "worse than usual"]),
    (
        "road",
        &["Ring Road", "Harbour Bridge", "Station Road", "the A4", "Market Street", "King's Avenue", "the tunnel", "Route 9"],
    ),
    (
        "spot",
        &["the old market", "Central Station", "the town hall", "the harbour", "Riverside Park", "the library", "the museum"],
    ),
    ("team", &["United", "City", "Rovers", "Atletico", "Dynamo", "Wanderers", "the Lions", "the Falcons", "Olympic", "Racing"]),
    ("score", &["1-0", "2-1", "0-0", "3-2", "2-2", "4-0", "1-1", "5-1"]),
    (
        "band",
        &[
            "The Paper Kites Club",
            "Nova Tide",
            "Velvet Harbour",
            "Los Faros",
            "Kopi Susu",
            "Blue Ladder",
            "Mirador",
            "Ninth Tram",
        ],
    ),
    ("number", &["300", "1,200", "40", "5,000", "750", "2,400", "90"]),
    ("minutes", &["25", "40", "12", "55", "90", "35", "70", "18"]),
    ("degrees", &["31", "-4", "12", "28", "36", "3", "19", "0"]),
    (
        "plan",
        &[
            "the new tram line",
            "the bridge toll",
            "free school meals",
            "the airport",
            "the night bus",
            "the stadium",
            "bike lanes",
        ],
    ),
    ("dish", &["ramen", "tacos", "dumplings", "pizza", "falafel", "curry", "pancakes", "noodle soup", "paella", "a good burger"]),
    ("dish_id", &["nasi goreng", "bakso", "sate ayam", "mie ayam", "rendang", "gado-gado", "soto"]),
    ("friend", &["my sister", "Ana", "my flatmate", "Tom", "the kids", "Priya", "an old friend", "Budi", "grandma", "Léa"]),
    ("tag", &["#weekend", "#city", "#music", "#love", "#photo", "#foodie", "#live", "#monday", "#home", ""]),
];

/// A post's words: about a subject, in a city (none: nowhere in particular), in one of its languages.
pub(super) fn sentence(
    subject: Subject,
    city: Option<(&str, &str)>,
    dice: &mut Dice,
    name: impl Fn(u64) -> String,
) -> (String, &'static str) {
    let local = dice.thousandths(700);
    let (sentences, lang) = match city.map(|(_, country)| country) {
        Some("ID") if local => (INDONESIAN, "id"),
        Some("ES" | "MX" | "AR" | "CO" | "PE" | "CL" | "VE" | "EC" | "UY" | "PY" | "BO") if local => (SPANISH, "es"),
        Some("FR") if local => (FRENCH, "fr"),
        _ => (ENGLISH.get(subject.0 as usize).copied().unwrap_or_default(), "en"),
    };
    let city = city.map_or("town", |(name, _)| name);
    (filled(dice.pick(sentences), city, dice, name), lang)
}

fn filled(sentence: &str, city: &str, dice: &mut Dice, name: impl Fn(u64) -> String) -> String {
    let mut text = String::with_capacity(140);
    let mut rest = sentence;
    while let Some((before, behind)) = rest.split_once('{') {
        let (gap, after) = behind.split_once('}').unwrap_or((behind, ""));
        text.push_str(before);
        match gap {
            "city" => text.push_str(city),
            "link" => text.push_str(&format!("https://t.example/{:07x}", dice.below(1 << 28))),
            "mention" => text.push_str(&format!("@{}", name(dice.roll()))),
            gap => text.push_str(GAPS.iter().find(|(known, _)| *known == gap).map_or("", |(_, fillings)| dice.pick(fillings))),
        }
        rest = after;
    }
    text.push_str(rest);
    text.truncate(text.trim_end().len());
    text
}

const FIRST: [&str; 32] = [
    "quiet", "red", "north", "little", "river", "paper", "salt", "green", "late", "sunny", "iron", "lucky", "wild", "soft",
    "moon", "early", "blue", "old", "fast", "dusty", "happy", "pale", "bright", "tiny", "lost", "royal", "grey", "sharp", "kind",
    "hidden", "loud", "free",
];
const SECOND: [&str; 32] = [
    "heron", "tram", "lemon", "tiger", "piano", "harbour", "kite", "fox", "bakery", "cloud", "ladder", "owl", "mango", "bridge",
    "signal", "pepper", "otter", "violin", "window", "panda", "comet", "garden", "falcon", "noodle", "anchor", "pixel", "maple",
    "robin", "lantern", "coder", "runner", "poet",
];

/// A person's name in addresses; no two have the same.
pub(super) fn handle(person: u64) -> String {
    let mut dice = Dice::about(0, 0x68, person);
    format!("{}{}{person}", dice.pick(&FIRST), dice.pick(&SECOND))
}
