//! Small words, which every sentence of a language has and few other languages share.

/// ISO 639-1 code, and words of it. Those of Indonesian include what people write in posts, much of it shortened.
pub(super) const WORDS: &[(&str, &str)] = &[
    (
        "en",
        "the of and to in is you that it he was for on are as with his they i at be this have from or one had by but not what all \
         were we when your can said there use an each which she do how their if will up other about out many then them these so \
         some her would make like him into time has look two more go see no way could people my than first been who its now down \
         did get i'm don't it's can't i'll that's what's you're just our me any am after why too because really think going good \
         love know want need new u ur lol still here only off over got off back even well most never tomorrow today never every \
         won't didn't isn't doesn't let let's much those us before should where day night happy great best thanks please",
    ),
    (
        "id",
        "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka sudah atau seperti oleh \
         sebagai dapat kita adalah bisa dia aku kamu kami anda lagi banyak hanya lebih saat harus belum masih semua kalau jangan \
         apa siapa kenapa bagaimana mau buat orang hari jadi tapi sama lah kok dong sih deh nih tuh yg gak ga gue gua lu lo elu \
         loe udah udh aja nggak ngga enggak engga tdk dgn utk krn jd bgt banget kalo klo dari pake biar gitu gini emang emg \
         makan tau tahu sampai sampe hati cinta selamat pagi malam siang terima kasih bang mas bapak ibu anak rumah jalan arah \
         macet lalu lintas ramai lancar padat arus sekarang besok kemarin baru baik bukan punya dulu sangat sekali tetap namun \
         agar supaya maka telah para serta antara tanpa setelah sebelum ketika waktu tahun ya iya ayo yuk wkwk wkwkwk haha dr \
         pd sdh blm jgn skrg org bs bener benar cuma cuman doang pengen ingin bikin kayak kaya mana gimana situ sini sana kau \
         ku mu nya pun sendiri satu dua tiga lain banjir jokowi pak bu min mbak cewek cowok lihat liat terus trus smua dlm \
         kata bilang kecelakaan kendaraan simpang tol arti hidup dunia tempat makanan enak murah harga suka kurang cukup suasana \
         menu negara rakyat presiden partai agama islam gw gk gua tuh mulai memang begini begitu bulan depan pasti nama tak dah nak je \
         bila kan diri rasa benda susah senang seneng lucu korang wib jl lalin terpantau polres indonesia hujan bener masa masak \
         mending malah ngakak anjir bodo lagu memang sehat bodoh kerja bekerja kena lebih beli uang hp jln tgl dgn tp krna gmn \
         bkn sm sy gpp cantik ganteng makin semoga allah amin alhamdulillah selalu mungkin kembali bagi atas bawah masuk keluar \
         sebuah seorang tentang kepada daripada ia kini pria wanita warga polisi jangan2 cukup coba abis habis tidur bangun pulang \
         macam boleh takut nanti ntar cepat cari ketemu temen teman orang2 wkwkwkwk hehe kangen nasi ibunya gausah yaudah yah kah",
    ),
    (
        "es",
        "de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya o este sí porque esta entre \
         cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni contra otros ese eso ante \
         ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa estos mucho quienes nada muchos cual poco ella \
         estar está estoy tengo tiene es son soy fue hoy mañana gracias bien bueno vida quiero te mi tu si así día ser hace años",
    ),
    (
        "pt",
        "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser \
         quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus quem nas me esse \
         eles estão você tinha foram essa num nem suas meu às minha têm numa pelos elas havia seja qual será nós tenho lhe deles \
         vc pra tá bom dia hoje obrigado obrigada vai vou tudo bem gente aqui agora fazer",
    ),
    (
        "fr",
        "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la avec ils je tu nous vous \
         elle on mais ou si leur y être cette comme tout fait aux même ses ça était j'ai c'est n'est d'un qu'il l'on très bien \
         merci bonjour aussi faire moi toi mon ma mes ton ta tes son sa votre notre quand sans encore chez trop jamais toujours \
         avoir été suis deux ans rien donc peut alors où là",
    ),
    (
        "de",
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie \
         nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein \
         wurde sei ich du wir ihr mich dich mir dir mein dein kein keine was wenn dann schon mal ja nein heute morgen gut danke \
         bitte immer doch jetzt hier alle wieder unter gegen vom können habe bin kann muss",
    ),
    (
        "it",
        "di e il la che in a per è un del non una sono da con le si della ma i gli al come lo dei nel anche alla più ho mi ha se \
         delle o questo io ti ci sei tutto tutti perché quando molto bene grazie ciao oggi cosa solo fare era suo sua loro essere \
         stato dal dalla nella sul sulla mio mia tuo tua quello questa ancora così sempre mai dove chi poi già dopo senza buon \
         giorno hai hanno",
    ),
    (
        "nl",
        "de het een en van ik te dat die in is niet op zijn met voor er aan maar om hem dan zou of wat mijn men dit zo door over \
         ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze u want nog zal me zij nu ge geen omdat iets \
         worden toch al waren veel meer doen toen moet ben zonder kan hun dus alles onder ja eens hier wie werd altijd wij jij \
         goed vandaag morgen leuk",
    ),
    (
        "tr",
        "bir ve bu da de için ile çok ne gibi daha ama var kadar en o ben sen biz siz onlar mi mı değil ki olarak sonra her şey \
         olan ya zaman iyi yok bana sana ona beni seni böyle şimdi bugün neden nasıl diye olduğu evet hayır hiç güzel kendi ise",
    ),
    (
        "tl",
        "ang ng sa na mga ay ako ikaw siya kami tayo kayo sila ko mo niya namin natin nila hindi ito iyan iyon yung yun lang din \
         rin pa ba po opo naman kasi pero para kung may mayroon wala walang kaya sana dahil talaga ganda araw gabi salamat mahal \
         kita si ni kay nga pala dito doon ano sino bakit paano gusto pag nang lahat tao ngayon bukas",
    ),
    (
        "ca",
        "el la els les de del dels i a en que és un una per amb no es al als ha han com més però aquest aquesta són també molt si \
         o ja hi ho això quan perquè tot tots seu seva jo tu nosaltres bon dia avui gràcies sobre fins des entre sense ser estat \
         fer pot cap d'un l'any dins",
    ),
    (
        "sv",
        "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när år säger hon \
         under också efter eller nu sin där vid mot ska skulle kommer ut får finns vara hade alla andra mycket än här då sedan \
         över bara blir upp även vad få två vill ha många hur mer går kom du mig dig tack bra idag god",
    ),
    (
        "da",
        "og i at det er en til af på den for med der ikke de som han har jeg et var men sig fra vi så kan da hun nu over ved også \
         efter eller hvad skal ud hvor dem være mig dig når op mere blev bliver kunne meget noget nogle hvis hvordan dag tak godt \
         lige bare til alle",
    ),
    (
        "nb",
        "og i det er på som en til å for av at med ikke den har de jeg et var men om han fra vi seg så kan da hun nå også etter \
         eller hva skal ut hvor være meg deg når opp mer ble blir kunne veldig noe noen hvis hvordan dag takk bra bare alle",
    ),
    (
        "fi",
        "ja on ei se että en oli hän mutta ovat kun niin myös jos kuin mitä tai nyt vain minä sinä me te he joka jotka ole olen \
         olet sitä tämä siis vielä sen hyvä hyvää kiitos koska sitten jo kaikki mikä miten ihan noin",
    ),
    (
        "pl",
        "i w na z do że się nie to jest o jak a po co tak za od ale czy ja ty on ona my wy oni dla być był była są już tylko \
         przez może też jego jej ich mnie mi ci mam masz dzień dobry dziękuję dziś bardzo ze sobie jeszcze gdy teraz który",
    ),
    (
        "cs",
        "a se v na je že to s z do o i jako za ale tak si by po jsem jsi jsou co když už jen ve k pro od nebo který která jak tom \
         také není bylo byl být mi mě ty já dobrý den děkuji dnes ještě jeho",
    ),
    (
        "et",
        "ja on ei see et ma oli ta kui ka aga mis siis oma nii te me ning mida või kes seda olen oled ole veel nüüd väga hea aitäh \
         täna kõik juba",
    ),
    (
        "hu",
        "a az és hogy nem is egy van ez de ha csak már meg még volt mint én te ő mi ti ők vagy jó köszönöm nagyon itt ott igen \
         minden most lehet kell mert azt ezt ki be el",
    ),
    (
        "ro",
        "și în de la cu pe nu este o un că să se din mai pentru care ce au a fost sunt dar ca am ai are lui ei sau după până când \
         cum acest această bine mulțumesc foarte toate eu tu",
    ),
    (
        "vi",
        "và của là có không được cho một các người những trong đã với này để khi cũng đến từ như về ra vào rất thì mà sẽ tôi bạn \
         anh em chúng ta nó ở đó nhiều lại còn gì làm",
    ),
];
