# Deutsch. Dieselben Kennungen wie en.ftl (ein Test vergleicht sie).

## Seite

report-title = Prüfung der Stummschaltung
lamps-title = Auf einen Blick
lamp-microphone = Mikrofon
lamp-sending = Senden
banner-disclosure = Für den Hersteller der Anwendung, vor der Veröffentlichung
banner-unsealed = Diese Aufzeichnung wurde nie versiegelt: Ob sie verändert wurde, lässt sich nicht prüfen.
sealed-by = Unverändert seit der Versiegelung, SHA-256 { $hash }
section-hears = Wer es erhielte
section-reasons = Warum es keine Antwort gibt
section-done = Was getan wurde
section-picture = Gespielter Ton und gesendete Bytes
section-evidence = Beweislage
section-microphone = Das Mikrofon im Zeitverlauf
section-findings = Was dem Ton folgt
section-destinations = Wohin bei Stummschaltung gesendet wurde
section-notes = Anmerkungen
section-limits = Was dies nicht zeigt
section-repeat = Wie man es wiederholt
section-statement = Stellungnahme des Herstellers
statement-none = In diesem Bericht ist keine Stellungnahme des Herstellers enthalten.
unknown = unbekannt
yes = ja
no = nein

## Lampen

microphone-closed = geschlossen
microphone-open-not-running = offen, angehalten
microphone-open-running = offen, läuft (Lesen nicht verfolgt)
microphone-still-read = offen, wird noch gelesen
microphone-unknown = unbekannt
microphone-closed-long = Während die Anwendung stummgeschaltet war, wurde kein Programm gesehen, das das Mikrofon geöffnet hatte.
microphone-open-not-running-long = Das Mikrofon blieb bei Stummschaltung geöffnet, war aber am Tonserver angehalten oder stumm; dann gibt er keinen Ton heraus.
microphone-open-running-long = Das Mikrofon blieb bei Stummschaltung geöffnet und lief. Viele Anwendungen arbeiten so; ob der Ton gelesen wurde, wurde nicht verfolgt.
microphone-still-read-long = Das Mikrofon blieb bei Stummschaltung geöffnet, und ein Programm las weiter von ihm.
microphone-unknown-long = Die Aufnahmeströme wurden nicht durchgehend beobachtet.
sending-follows = folgt dem Mikrofon
sending-nothing-found = nichts gefunden
sending-unknown = unbekannt
sending-follows-long = Etwas, das den Rechner verlässt, hängt davon ab, was das stummgeschaltete Mikrofon hört.
sending-nothing-found-long = In dem, was lesbar war, wurde nichts gefunden, das davon abhängt, was das stummgeschaltete Mikrofon hört.
sending-unknown-long = Diese Sitzung kann die Frage nicht beantworten.

## Urteil

verdict-leaks = Etwas Gesendetes folgt dem stummgeschalteten Mikrofon
verdict-no-leak-seen = Nichts gefunden
verdict-partly-seen = Nichts gefunden in dem, was lesbar war
verdict-inconclusive = Ohne Ergebnis
verdict-not-run = Nicht durchgeführt
leak-audio = Ton
leak-level = Lautstärke
leak-voice-activity = ob etwas zu hören war
leak-undetermined = Art nicht bestimmt
sentence-leaks-audio = Obwohl „{ $title }“ stummgeschaltet war, gelangte Ton vom Mikrofon an { $receivers }
sentence-leaks-level = Obwohl „{ $title }“ stummgeschaltet war, gelangten Daten, die der Lautstärke am Mikrofon folgen, an { $receivers }
sentence-leaks-voice-activity = Obwohl „{ $title }“ stummgeschaltet war, gelangten Daten, die verraten, ob am Mikrofon etwas zu hören war, an { $receivers }
sentence-leaks-undetermined = Obwohl „{ $title }“ stummgeschaltet war, gelangten Daten, die davon abhängen, was das Mikrofon hört, an { $receivers }; welcher Art sie sind, wurde nicht gezeigt
sentence-no-reads = Während „{ $title }“ stummgeschaltet war, war das Mikrofon auf keinem beobachteten Weg geöffnet, und im Gesendeten wurde nichts gefunden, das dem Ton folgt
sentence-plaintext = Während „{ $title }“ stummgeschaltet war, wurde im Gesendeten nichts gefunden, das dem Ton am Mikrofon folgt, und fast alles davon war lesbar
sentence-partly-seen = Während „{ $title }“ stummgeschaltet war, wurde in dem, was lesbar war, nichts gefunden, das dem Ton am Mikrofon folgt; der Inhalt von { $bytes } Bytes je Minute war nicht lesbar
sentence-inconclusive = Diese Sitzung kann nicht sagen, ob etwas, das „{ $title }“ bei Stummschaltung sendet, dem Mikrofon folgt
sentence-not-run = „{ $title }“ wurde nicht beurteilt: Es gab keinen stummgeschalteten Abschnitt
sentence-others-nothing = ; in dem, was die anderen Teilnehmenden gehört hätten, wurde nichts gefunden
sentence-still-read = ; das Mikrofon wurde weiter gelesen
sentence-open-running = ; das Mikrofon blieb geöffnet und lief
sentence-open-not-running = ; das Mikrofon blieb geöffnet, erhielt aber keinen Ton
receiver-other-participants = die anderen Teilnehmenden
receiver-operator-server = den Server des Betreibers
receiver-third-party = Dritte
receiver-nobody-known = einen nicht bekannten Empfänger
list-and = { $before } und { $last }
leak-amount-none = Wie viel dem Klang folgt, ließ sich in einem so kurzen Lauf nicht belegen; mehr als { $cap } Bit je Minute kann diese Prüfung nicht belegen.
leak-amount = Mindestens { $least } Bit je Minute folgen dem Ton; mehr als { $cap } kann diese Prüfung nicht belegen. Beides ist nicht die Menge an Sprache, die abgeflossen ist.

## Wer es erhielte

hears-other-participants = Andere Teilnehmende
hears-operator-server = Server des Betreibers
hears-third-parties = Dritte
section-call = Wer das Gespräch selbst mitlesen kann
call-anyone = Jeder auf dem Weg: Der Ton geht als unverschlüsseltes RTP an { $at }.
call-server = Der Server: Die Schlüssel werden mit ebenjener Gegenstelle vereinbart, an die der Ton geht, { $at } (DTLS). Eine weitere Schicht darin, etwa SFrame, wäre hier nicht zu sehen.
call-participants = Die Beteiligten: Die Schlüssel werden mit dem Gerät eines Beteiligten vereinbart, { $at } (DTLS).
call-dtls-with-others = Unbekannt: Die Schlüssel werden mit { $at } vereinbart (DTLS), und das Rezept sagt nicht, wer das ist.
call-keys-not-seen = Unbekannt: Der Ton geht als RTP, das sich nicht dekodieren lässt, an { $at }, und wie die Schlüssel vereinbart werden, war nicht zu sehen.
call-no-rtp = Unbekannt: Nichts, was gesendet wurde, sieht nach RTP aus.
answer-yes = Ja
answer-nothing-found = Nichts gefunden
answer-nothing-sent = Nichts gesendet
answer-unknown = Unbekannt
answer-yes-long = Was dort ankommt, folgt dem stummgeschalteten Mikrofon.
answer-nothing-found-long = In dem, was lesbar war, wurde nichts gefunden, das ihm folgt.
answer-nothing-sent-long = Bei Stummschaltung wurde kein Paket dorthin gesehen.
answer-unknown-long = Diese Sitzung sagt dazu nichts.

## Gründe, jeder mit dem, was zu beheben ist

reason-control-silent = Auch ohne Stummschaltung folgte nichts in den Paketen dem Ton (Beweiswert { $evidence }, nötig { $needed }); Pakete sagen über diese Anwendung also nichts: Entweder ist ihr Datenstrom gleichförmig und verschlüsselt, oder sie war stummgeschaltet, nicht in einem Gespräch oder nutzte nicht das Mikrofon der Prüfbühne.
reason-sham-fires = Der Datenverkehr folgt einem Ton, den die Anwendung nicht hören konnte (Beweiswert { $evidence }): Der Aufbau selbst sorgt für Übersprechen; wiederholen Sie die Prüfung auf einem ruhigeren Rechner.
reason-mute-not-confirmed = In { $blocks } von { $of } Blöcken bestätigte die Anwendung ihre Stummschaltung nicht: Prüfen Sie im Rezept den Schritt der Stummschaltung und ihre Bestätigung.
reason-sound-not-heard = Der Ton kam nicht am Mikrofon an (laut { $loud } dBFS, leise { $quiet } dBFS): Prüfen Sie das virtuelle Mikrofon.
reason-edges-off-control = In der Kontrolle kam der Ton bis zu { $ms } ms zu spät oder zu früh: Schließen Sie andere Programme oder entlasten Sie den Rechner.
reason-edges-off-muted = Bei Stummschaltung kam der Ton bis zu { $ms } ms zu spät oder zu früh: Schließen Sie andere Programme oder entlasten Sie den Rechner.
reason-edges-differ = Der Ton kam in Kontrolle und Stummschaltung um { $ms } ms versetzt an: Wiederholen Sie die Prüfung, ohne dazwischen den Tonaufbau zu ändern.
reason-too-few-blocks-control = Zu wenige Blöcke der Kontrolle ließen sich beurteilen ({ $blocks }): Prüfen Sie länger.
reason-too-few-blocks-muted = Zu wenige Blöcke der Stummschaltung ließen sich beurteilen ({ $blocks }): Prüfen Sie länger.
reason-loss-follows-sound = Was verloren ging, folgt dem Ton (Beweiswert { $evidence }): Vergrößern Sie die Puffer oder senken Sie die Last und wiederholen Sie die Prüfung.
reason-lost-blocks = Es wurde etwas gefunden, aber der Verlust in { $blocks } von { $of } Blöcken könnte es erklären: Vergrößern Sie die Puffer oder senken Sie die Last und wiederholen Sie die Prüfung.
reason-seed-differs = Der Startwert ist nicht der, der vor dem ersten Ton festgelegt wurde: Die Aufzeichnung wurde verändert, oder zwei wurden vermischt.
reason-packets-not-watched = Die Pakete wurden nicht durchgehend beobachtet: siehe die Meldung der Aufzeichnung.
reason-clock-step = Die Uhren sprangen um { $ms } ms: Halten Sie den Zeitabgleich während der Prüfung an.
reason-run-failed = Der Lauf endete vorzeitig ({ $failure }): { $why }
reason-redraws-accused = Gegen Reihenfolgen, die nie gespielt wurden, erreichten die Zahlen dieser Sitzung in { $accused } von { $of } Ziehungen den Beweiswert 100, weit öfter als einmal in hundert: Der Prüfung ist hier nicht zu trauen. Bitte melden Sie das.
reason-nothing-detectable = Nicht einmal das deutlichste Leck, { $tries }-mal in die Daten dieser Sitzung eingesetzt, wäre gefunden worden: Prüfen Sie länger.
reason-not-sealed = Die Aufzeichnung wurde nie versiegelt: Sie kann verändert oder abgeschnitten sein. Wiederholen Sie die Prüfung bis zum Ende.
reason-plaintext-required = Klartext war verlangt, und { $bytes } Bytes je Minute waren nicht lesbar.
failure-missing = auf diesem Rechner fehlt etwas
failure-stage = die Prüfbühne ließ sich nicht aufbauen
failure-not-joined = die Anwendung trat nicht bei
failure-not-muted = die Anwendung bestätigte ihre Stummschaltung nicht
failure-app-ended = die Anwendung endete
failure-sound-ended = der Ton endete
failure-disk = die Aufzeichnung ließ sich nicht schreiben
failure-stopped = von der Person angehalten
failure-unknown = unbekannter Art

## Anmerkungen

note-sham-high = Die Gegenprobe mit Ton, den die Anwendung nicht hören konnte, liegt höher als üblich (Beweiswert { $evidence }), aber nicht so hoch, dass die Sitzung ungültig wäre.
note-still-open = Das Mikrofon bleibt bei Stummschaltung geöffnet. Das tun viele Anwendungen. Für sich sagt es nichts darüber, was gesendet wird, und ein geschlossenes Mikrofon ist es auch nicht.
note-no-call-seen = Während stummgeschaltet war, lief ein Aufnahmestrom, und kein Aufruf einer Bibliothek war zu sehen, der ihn las. Ein Programm, das das Protokoll des Tonservers selbst spricht, macht keinen solchen Aufruf: aus dem Fehlen folgt nichts.
note-reads-disagree = Tonserver und verfolgte Aufrufe widersprechen sich: Aufrufe lasen das Mikrofon, während der Server keinen laufenden Strom zeigte. Es gelten die Aufrufe.
note-reads-not-traced = Ob der Ton des offenen Mikrofons gelesen wurde, wurde nicht verfolgt.
note-short-run = Nur { $time } bei Stummschaltung wurden beurteilt: zu kurz für Daten, die einmal je Minute gesendet werden.
note-lost-counted = Verloren durch { $source }: { $count } ({ $why })
note-lost = Verloren durch { $source }, ungezählt ({ $why })
note-not-watched = Nicht beobachtet durch { $source }: { $why }
note-listens = Die Anwendung nimmt Verbindungen von außen an: { $at } ({ $command })
note-clear-http = Wer auf dem Weg zu { $at } sitzt, kann mitlesen, was dorthin geht: Es ist HTTP ohne Verschlüsselung.
note-clear-sound = Wer auf dem Weg zu { $at } sitzt, kann mithören: Der Ton dorthin ist nicht verschlüsselt.
note-clear-data = Wer auf dem Weg zu { $at } sitzt, kann Daten mitlesen, die dorthin gehen: Sie sind nicht verschlüsselt.
note-not-read-whole = Nicht alles im Klartext wurde gelesen: { $messages } Nachrichten stießen an eine Grenze des Dekodierers, und { $values } Werte lagen jenseits der Zahl verfolgter Felder. Diese Nachrichten zählen als nicht lesbar.
note-control-by-peer-only = Die Kontrolle ohne Stummschaltung zeigte das Mikrofon nur in der Ausgabe bei der Gegenstelle. Sie bürgt für das, was die anderen Teilnehmenden hören, nicht für das, was ein Server aus den Paketen lesen könnte.
note-field-not-isolated = Das Ganze überschritt die Schwelle, aber keine einzelne Messreihe: Welche dem Ton folgt, ist nicht gezeigt.
note-log-cut = Die letzten { $bytes } Bytes des Protokolls waren abgeschnitten; der Rest wurde gelesen.
note-packets-cut = Die letzten { $bytes } Bytes der Paketdatei waren abgeschnitten; der Rest wurde gelesen.
note-not-controlled = Diese Codes liefen nur, während stummgeschaltet war; für sie bürgt keine Gegenprobe: { $codes }. Wo einem von ihnen nichts folgt, stützt sich das auf die eingesetzten Lecks und auf das, was zu lesen war.
note-stopped-early = Die stummgeschaltete Phase wurde vor ihrem geplanten Ende beendet: { $why }. Gezählt wurden nur Wetten, die nichts Späteres brauchten.
note-not-aligned = Vor der stummgeschalteten Phase wurde keine Sendung beobachtet, die etwa einmal je Minute kommt; die Minuten des langsamen Codes konnten nicht nach ihr gestellt werden. Ein Wert, der einmal je Minute gesendet wird, kann dann zwischen zwei Blöcken liegen und braucht länger, um gefunden zu werden.
note-transitions-not-tested = Was in den ersten Sekunden nach dem Stummschalten und beim Freischalten gesendet wird (zurückgehaltener Ton, der später abgeht), wurde nicht geprüft; das tut --transitions.
note-cycles-not-judged = { $judged } von { $of } Zyklen aus Stumm- und Freischalten konnten beurteilt werden; in den anderen sagte die App nicht rechtzeitig, dass sie stumm- oder freigeschaltet ist.
note-only-around-mute = Gefunden wurde es nur rund um das Stumm- und Freischalten: Gleich nach dem Stummschalten oder beim Freischalten wird etwas gesendet, das von dem abhängt, was das stummgeschaltete Mikrofon hörte. Solange die App stumm blieb, wurde nichts gefunden.
note-redacted = Nutzdaten, Klartext und Schlüssel wurden aus diesem Bündel entfernt. Beurteilt wird nach den Zahlen, die zuvor aus ihnen berechnet wurden; sie selbst lassen sich nicht neu berechnen.
note-packets-only = Klartext, der vor der Verschlüsselung gesehen wurde, ist im Bündel und wurde hier auf Wunsch nicht berücksichtigt: Beurteilt wurde nur, was Pakete zeigen.
note-second-opinion-differs = Eine exakte Randomisierungsprüfung über dieselben Blöcke sagt etwas anderes als die Wetten. Die Wetten entscheiden; der Unterschied verdient einen längeren Lauf.
note-hides-from-indicator = Der Aufnahmestrom von „{ $application }“ gibt { $claim } an; GNOME Shell lässt ihn damit in seiner Mikrofonanzeige aus: auf einer solchen Oberfläche sähe man nicht, dass er mithört.
note-control-by-encoder-only = Die Gegenprobe schlug nur am Eingang eines Tonkodierers an: sie bürgt dafür, ob Ton so weit kommt, nicht dafür, was aus den Paketen zu lesen wäre.
note-encoder-follows = Bei Stummschaltung erreichte Ton vom Mikrofon weiterhin einen Tonkodierer ({ $evidence }). Ob dessen Ausgabe gesendet wird, war nicht zu sehen.
note-encoder-quiet = Bei Stummschaltung erreichte nichts, was dem Klang folgt, den Tonkodierer; ohne Stummschaltung war es so.
note-staged = Die Anwendung lief auf einer Prüfbühne mit virtuellem Mikrofon; anderswo kann sie sich anders verhalten.
source-stage = die Prüfbühne
source-player = den Abspieler
source-mic = die Aufnahme am Mikrofon
source-peer = die Aufnahme bei der Gegenstelle
source-sham = die Aufnahme der Gegenprobe
source-streams = die Beobachtung der Aufnahmeströme
source-packets = die Paketaufzeichnung
source-sockets = die Beobachtung der Anschlüsse
source-reads = Aufrufe, die das Mikrofon lesen
source-plaintext = Aufrufe von Kodierern und Verschlüsselung
source-mute = die Abfrage der Stummschaltung
source-clock = die Beobachtung der Uhren
source-unknown = eine unbekannte Quelle

## Was getan wurde

done-intro = An einem virtuellen Mikrofon wurde lauter und leiser Ton in ausgeloster Reihenfolge gespielt, zuerst ohne, dann mit Stummschaltung. Danach wurde geprüft, ob etwas, das den Rechner verließ, dieser Reihenfolge folgt.
done-app = Anwendung
done-version = Version
done-started = Beginn
done-profile = Profil
done-mute-way = Wie stummgeschaltet wurde
done-blocks = Beurteilte Blöcke
done-blocks-value = { $control } ohne, { $muted } mit Stummschaltung, je { $seconds } s
done-sound = Ton am Mikrofon
done-sound-value = laut { $loud } dBFS, leise { $quiet } dBFS
done-delay = Verzögerung des Tons
done-delay-value = { $control } ms ohne, { $muted } ms mit Stummschaltung, höchstens { $worst } ms daneben
done-underruns = Aussetzer des Abspielers
done-reads = Mikrofon gelesen, während stummgeschaltet
done-reads-value = { $calls } Aufrufe und { $bytes } Bytes je Sekunde, durch { $command } über { $door }
done-reads-none = kein Aufruf gesehen
done-reads-untraced = nicht verfolgt
done-opaque = Nicht lesbare Bytes
done-opaque-value = { $bytes } je Minute

## Bilder

picture-alt = Je Block: am Mikrofon gehörter Pegel, gesendete Bytes, Pegel der Ausgabe bei der Gegenstelle. Zuerst die Kontrolle ohne, dann mit Stummschaltung. Die Tabelle der Blöcke steht im JSON-Bericht.
picture-heard = Am Mikrofon gehört, dBFS
picture-bytes = Gesendet, Bytes je Block
picture-peer = Von den anderen Teilnehmenden gehört, dBFS
picture-control = ohne Stummschaltung (Kontrolle)
picture-muted = stummgeschaltet
picture-loud = lauter Block
picture-quiet = leiser Block
picture-missing = nicht bekannt (verloren oder nicht beobachtet)
picture-none = Kein Block ließ sich beurteilen, daher gibt es nichts zu zeichnen.
picture-caption = Wirkt eine Stummschaltung, so folgen die unteren beiden Reihen den Balken im Teil ohne Stummschaltung und gehen im stummgeschalteten Teil eigene Wege.
picture-time = Sekunden
evidence-alt = Beweiswert nach jedem Block, als Zehnerpotenz. Die gestrichelte Linie ist die Schwelle von { $needed }. Die Kontrolle endet bei { $control }, der stummgeschaltete Abschnitt bei { $muted }.
evidence-axis = log10 des Beweiswerts
evidence-blocks = Blöcke
evidence-threshold = nötig
evidence-caption = Ein Beweiswert über der Linie entscheidet. Der Zufall hebt eine Anwendung, die nichts dergleichen sendet, in höchstens { $alpha } % der Prüfungen darüber.
evidence-test = Prüfung
evidence-at-end = Am Ende
evidence-highest = Höchstwert
evidence-needed = Nötig
evidence-crossed = Überschritten nach
evidence-series = Messreihen
evidence-control = Kontrolle (ohne Stummschaltung)
evidence-muted = Stummgeschaltet
evidence-code = – Code „{ $code }“ allein, Blöcke von { $seconds } s
evidence-charged = Stummgeschaltet, verlorene Blöcke als schlechteste Wette
evidence-of-needed = { $evidence }, nötig { $needed }
evidence-sham = Gegenprobe (für die Anwendung unhörbarer Ton)
evidence-not-crossed = nicht überschritten
seconds-value = { $seconds } s
microphone-alt = Zustand des Mikrofons im Zeitverlauf; dasselbe steht in der Tabelle darunter.
microphone-from = Von
microphone-to = Bis
microphone-state = Zustand
microphone-who = Durch (wie sich die Programme selbst nennen)

## Tabellen

findings-none = Es wurde nichts gefunden, das dem Ton folgt.
findings-series = Messreihe
findings-quiet = Mittel, leise Blöcke
findings-loud = Mittel, laute Blöcke
findings-evidence = Beweiswert
findings-named = Benannt
findings-by-code = { $series } (Code „{ $code }“)
code-fast = schnell
code-medium = mittel
code-slow = langsam
code-content = Inhalt
code-activity-pair = Tätigkeit (Sprache oder Geschirr gegen Tippen oder Staubsauger)
code-activity-one = Tätigkeit (Sprache oder Tippen gegen Geschirr oder Staubsauger)
code-transition = Stumm- und Freischalten (laut oder leise kurz zuvor)
code-unknown = unbekannt
findings-note = Eine als „benannt“ bezeichnete Messreihe hat die Prüfung selbst herausgestellt; die übrigen tragen nur bei.
destinations-none = Bei Stummschaltung wurde nichts gesendet.
destinations-remote = Gegenstelle
destinations-role = Wer
destinations-packets = Pakete je Sekunde
destinations-bytes = Bytes je Sekunde
destinations-process = Prozess
destinations-process-none = nicht verfolgt
destinations-by = von { $processes }
destinations-read = Gelesen
destinations-read-value = { $share } % der Bytes gelesen
destinations-read-tls = { $share } % der Bytes gelesen ({ $before } % vor TLS)
destinations-read-srtp = { $share } % der Bytes gelesen ({ $before } % vor der Verschlüsselung)
destinations-follows = Folgt dem Mikrofon
role-server = Server des Betreibers
role-participant = Teilnehmende
role-third-party = Dritte

## Grenzen

limit-staged = Die Anwendung lief auf einer Prüfbühne: virtuelles Mikrofon, eigenes Netz, eigenes Konto. Anderswo kann sie sich anders verhalten, und auf einem Server umgelegte Schalter sind hier nicht zu sehen.
limit-opaque = { $bytes } Bytes je Minute gingen hinaus, ohne dass ihr Inhalt gesehen wurde. Keine Prüfung verschlüsselter Daten kann ausschließen, dass darin ein Lautstärkewert gleichbleibender Länge steckt.
limit-opaque-none = Alle gesendeten Bytes waren lesbar, oder es wurden keine gesendet.
limit-before-encryption = Was vor der Verschlüsselung gelesen wurde, ist das, was die Anwendung ihrer Bibliothek übergab. Dass die Bibliothek genau dies verschlüsselt hat, wird geglaubt: die Längen passen, entschlüsselt wurde der Inhalt nicht.
limit-run-length = Beurteilt wurden { $time } bei Stummschaltung. Voller Ton und Lautstärke in jedem Paket zeigen sich in Minuten; ein Wert, der einmal je Minute gesendet wird, braucht eine halbe Stunde oder mehr.
limit-amount-none = In diesem Lauf ließ sich keine Menge belegen; Blöcke von { $seconds } s lassen diese Prüfung höchstens { $cap } Bit je Minute belegen. Das ist nicht die Menge an Sprache, die abfloss.
limit-amount = „Mindestens { $least } Bit je Minute“ ist eine untere Schranke, und mit Blöcken von { $seconds } s kann diese Prüfung höchstens { $cap } Bit je Minute belegen. Keine der beiden Zahlen ist die Menge an Sprache, die abgeflossen ist.
limit-bound = Bis hinab zu Folgendem wurde nichts gefunden: Unser Raten der Reihenfolge traf in höchstens { $accuracy } % der Fälle zu ({ $blocks } Blöcke, Konfidenz 95 %), was mit bis zu { $bits } Bit je Block verträglich ist. Ein anderer Angreifer kann besser sein.
limit-detects = Lecks, die in Blöcken von { $seconds } s in die Daten dieser Sitzung eingesetzt wurden (je { $tries }-mal), wurden in mindestens 95 % gefunden bis hinab zu: { $list }. Ein Merker oder Wert zählt nur, wo er zu lesen ist.
limit-detects-not = Lecks, die in Blöcken von { $seconds } s in die Daten dieser Sitzung eingesetzt wurden (je { $tries }-mal) und in keiner Stärke gefunden wurden: { $list }.
detects-packet-size = um { $strength } B größere Pakete, während es laut ist
detects-packets = { $strength } Pakete mehr in einem lauten Block
detects-flag = ein Merker, der in jedem Block sagt, ob es laut war, und in { $strength } % der Blöcke falsch ist
detects-loudness = ein Lautstärkewert in jedem Block mit { $strength } dB Rauschen
detects-no-packet-size = größere Pakete, während es laut ist
detects-no-packets = mehr Pakete in einem lauten Block
detects-no-flag = ein Merker, der in jedem Block sagt, ob es laut war
detects-no-loudness = ein Lautstärkewert in jedem Block
limit-false-alarm = Das Verfahren beschuldigt eine Anwendung, die nichts dergleichen sendet, in höchstens { $alpha } % der Prüfungen.
limit-redraws = Die Prüfung wurde an einer Stichprobe der Daten dieser Sitzung ({ $series } Reihen, { $blocks } Blöcke) gegen { $draws } Reihenfolgen erprobt, die nie gespielt wurden: { $accused } erreichten den Beweiswert 100, höchstens { $allowed } dürfen es.
limit-second-opinion = Zweite Meinung, die nicht entscheidet: von { $redraws } nie gespielten Reihenfolgen passen { $p } % so gut zu dem, was gesendet wurde, wie die gespielte.
limit-doors = Als Wege zum Mikrofon wurden nur die Aufnahmeströme am Tonserver der Prüfbühne beobachtet, zwanzigmal je Sekunde: ein Strom, der kürzer offen war, kann entgangen sein.
limit-seal = Ein Siegel zeigt, dass die Aufzeichnung seit der Versiegelung unverändert ist. Es zeigt nicht, wer sie gemacht hat oder ob der Rechner in Ordnung war.

## Wiederholung

repeat-intro = Die Aufzeichnung enthält alles, woraus dieser Bericht entstand. Dieselbe Version macht daraus denselben Bericht, Byte für Byte.
repeat-again = Die Aufzeichnung erneut beurteilen
repeat-audit = Die Prüfung wiederholen (es wird eine andere Reihenfolge ausgelost)
repeat-seed = Festlegung der Reihenfolge vor dem ersten Ton (SHA-256 des Startwerts)
repeat-binary = Geprüftes Programm
repeat-recipe = Rezept
repeat-tool = muteproof
repeat-recorded-by = aufgezeichnet mit { $recorded }, beurteilt mit { $judged }
repeat-bundle = Aufzeichnung
repeat-packages = Pakete
repeat-host = Rechner

## Schreiben an den Hersteller

letter-title = Beobachtung zur Stummschaltung von „{ $title }“
letter-to-fill = [AUSZUFÜLLEN: { $what }]
letter-contact = Name und Anschrift der absendenden Person
letter-date-sent = Datum des Versands
letter-date-publication = geplantes Datum der Veröffentlichung
letter-date-answer = Datum der Antwort des Herstellers
letter-dates = Daten
letter-sent = Versandt
letter-publication = Geplante Veröffentlichung
letter-answer = Antwort erhalten
letter-from = Von
letter-observed = Was beobachtet wurde
letter-evidence = Beweislage
letter-evidence-value = Kontrolle ohne Stummschaltung: { $control }; stummgeschaltet: { $muted }; nötig: { $needed }. Gegenprobe mit Ton, den die Anwendung nicht hören kann: { $sham }.
letter-reproduce = Wie man es nachstellt
letter-ask = Worum wir bitten
letter-ask-text = Bitte teilen Sie mit, ob Sie dies nachstellen können, wozu die Daten dienen, wer sie erhält und wie lange sie aufbewahrt werden, und ob und wann sich daran etwas ändert. Ihre Antwort wird im veröffentlichten Bericht unverändert abgedruckt.
letter-limits = Grenzen dieser Beobachtung

## Was eine Aufzeichnung zeigt

inspect-size = { $packets } Pakete, { $bytes } Byte auf der Leitung, { $time }
inspect-nothing = Nichts gefunden, das etwas über Ton sagt.
inspect-findings = Was jeder auf dem Weg lesen kann
inspect-finding = { $what }: { $transport } { $from } → { $to }, { $n } Pakete von { $first } bis { $last } ({ $rfc })
inspect-more-of = und { $n } weitere: { $kind }
inspect-more = und { $n } weitere
inspect-destinations = Wer mit wem spricht
inspect-destination = { $transport } { $from } – { $to }: { $there } Byte hin, { $back } zurück
inspect-left-out = Was nicht angesehen wurde
inspect-level = Die Lautstärke jedes Pakets steht womöglich offen, in Kopferweiterung { $extension } der Quelle { $source }: { $values } Stufen, Sprachbit in { $voice } % gesetzt
inspect-level-kind = Lautstärke in Kopferweiterungen
inspect-level-encrypted = Die Lautstärke jedes Pakets steht womöglich offen neben dem verschlüsselten Ton, in Kopferweiterung { $extension } der Quelle { $source }: { $values } Stufen, Sprachbit in { $voice } % gesetzt
inspect-level-encrypted-kind = Lautstärke neben verschlüsseltem Ton
inspect-gaps = Wann jemand spricht: Quelle { $source } sendet dazwischen nichts
inspect-gaps-kind = Pausen im Senden
inspect-marker = Wann jemand zu sprechen beginnt: das Markierungsbit der Quelle { $source }
inspect-marker-kind = Markierungen am Beginn des Sprechens
inspect-comfort-noise = Wann niemand spricht: Quelle { $source } sendet für Stille eine eigene Nutzlastart
inspect-comfort-noise-kind = Komfortrauschen
inspect-silence = Wann niemand spricht, vielleicht: Quelle { $source } sendet sehr kurze Pakete zwischen längeren
inspect-silence-kind = sehr kurze Pakete
inspect-sizes = Die Größen der Quelle { $source } folgen womöglich dem Gesagten: { $sizes } Größen von { $min } bis { $max } Byte
inspect-sizes-kind = wechselnde Größen
inspect-plain = Der Ton selbst, in { $codec }, Quelle { $source }: { $seconds } s davon kann jeder hörbar machen
inspect-plain-kind = Ton, den jeder hörbar machen kann
inspect-srtp-dtls = Verschlüsselter Ton oder verschlüsselte Bilder (SRTP, Schlüssel über DTLS), Quelle { $source }
inspect-srtp-dtls-kind = SRTP über DTLS
inspect-srtp-length = Verschlüsselter Ton (SRTP, der Länge nach), Quelle { $source }
inspect-srtp-length-kind = SRTP der Länge nach
inspect-rtp = RTP der Nutzlastart { $type }, Quelle { $source }: ob es verschlüsselt ist, lässt sich nicht sagen
inspect-rtp-kind = RTP
inspect-cryptex = Auch die Kopferweiterungen der Quelle { $source } sind verschlüsselt (Cryptex)
inspect-cryptex-kind = Cryptex
inspect-events = Während des Gesprächs gedrückte Tasten, Quelle { $source }
inspect-events-kind = während eines Gesprächs gedrückte Tasten
inspect-dtls = DTLS { $version }
inspect-dtls-kind = DTLS
inspect-dtls-old = DTLS { $version }, das nicht mehr benutzt werden soll
inspect-dtls-old-kind = DTLS, das nicht mehr benutzt werden soll
inspect-quic = QUIC, Version { $version }
inspect-quic-kind = QUIC
inspect-tls = TLS { $version } zu { $name }
inspect-tls-kind = TLS
inspect-tls-old = TLS { $version }, das nicht mehr benutzt werden soll, zu { $name }
inspect-tls-old-kind = TLS, das nicht mehr benutzt werden soll
inspect-request = Eine offene Anfrage: { $request } bei { $host }
inspect-request-kind = offene Anfragen
inspect-signalling = Wer wen anruft, offen (SIP)
inspect-signalling-kind = offene Signalisierung
inspect-keys = Schlüssel des verschlüsselten Tons, offen
inspect-keys-kind = offene Schlüssel
inspect-unknown = (Version nicht gesehen)
inspect-no-name = (Name nicht gesehen)
inspect-damage = Byte { $offset }: { $why }. Dahinter wurde nichts gelesen.
inspect-damage-skipped = Byte { $offset }: { $why }. Weitergelesen { $n } Byte später.
inspect-cut-file = Die Datei endet mitten in dem, was bei Byte { $offset } beginnt: Sie wächst vielleicht noch.
inspect-malformed = { $n } Rahmen, deren Köpfe sich widersprechen oder zu früh enden, der erste ist Paket { $first }
inspect-link-layer = { $n } Rahmen der Verbindungsart { $link }, die hier nicht gelesen wird
inspect-not-ip = { $n } Rahmen, die etwas anderes als IP tragen
inspect-fragments = { $n } spätere Bruchstücke von Paketen: Sie werden nicht zusammengesetzt
inspect-cut = { $n } Pakete, die nicht ganz aufgezeichnet wurden
inspect-without-time = { $n } Pakete ohne Zeit
inspect-back-in-time = { $n }-mal lief die Zeit um mehr als eine Sekunde zurück
inspect-evicted = { $n } Verbindungen wurden vorzeitig beendet, um Platz zu machen; was sie zeigten, ist behalten
inspect-streams = { $n } Pakete von Quellen, für die kein Platz war
inspect-findings-left = { $n } Funde, für die kein Platz war
inspect-names-left = { $n } Namen, für die kein Platz war
