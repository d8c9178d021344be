# English. Every sentence of the text, HTML and Markdown formats comes from here; de.ftl has the
# same ids (a test compares them). Numbers arrive as ready-made strings.

## Page

report-title = Muted microphone audit
lamps-title = In one look
lamp-microphone = Microphone
lamp-sending = Sending
banner-disclosure = For the maker of the app, before publication
banner-unsealed = This bundle was never sealed: whether it was changed cannot be checked.
sealed-by = Unchanged since sealing, SHA-256 { $hash }
section-hears = Who would receive it
section-reasons = Why there is no answer
section-done = What was done
section-picture = Sound played and bytes sent
section-evidence = Evidence
section-microphone = Microphone over time
section-findings = What follows the sound
section-destinations = Where bytes went while muted
section-notes = Remarks
section-limits = What this does not show
section-repeat = How to repeat it
section-statement = Statement of the maker
statement-none = No statement of the maker is recorded in this report.
unknown = unknown
yes = yes
no = no

## Lamps

microphone-closed = closed
microphone-open-not-running = open, not running
microphone-open-running = open, running (reads not traced)
microphone-still-read = open, still read
microphone-unknown = unknown
microphone-closed-long = No program was seen to have the microphone open while the app was muted.
microphone-open-not-running-long = The microphone stayed open while muted, but paused or silenced at the sound server, which then hands out no sound.
microphone-open-running-long = The microphone stayed open and running while muted. Many apps work that way; whether the sound was read was not traced.
microphone-still-read-long = The microphone stayed open while muted, and a program went on reading it.
microphone-unknown-long = The record streams were not watched throughout.
sending-follows = follows the microphone
sending-nothing-found = nothing found
sending-unknown = unknown
sending-follows-long = Something that leaves the machine depends on what the muted microphone hears.
sending-nothing-found-long = In what could be read, nothing was found that depends on what the muted microphone hears.
sending-unknown-long = This session cannot answer the question.

## Verdict

verdict-leaks = Something that leaves follows the muted microphone
verdict-no-leak-seen = Nothing found
verdict-partly-seen = Nothing found in what could be read
verdict-inconclusive = Inconclusive
verdict-not-run = Not run
leak-audio = sound
leak-level = loudness
leak-voice-activity = whether there was sound
leak-undetermined = of undetermined kind
sentence-leaks-audio = Although “{ $title }” was muted, sound from the microphone reached { $receivers }
sentence-leaks-level = Although “{ $title }” was muted, data that follows the loudness at the microphone reached { $receivers }
sentence-leaks-voice-activity = Although “{ $title }” was muted, data that tells whether there was sound at the microphone reached { $receivers }
sentence-leaks-undetermined = Although “{ $title }” was muted, data that depends on what the microphone hears reached { $receivers }; of which kind it is was not shown
sentence-no-reads = While “{ $title }” was muted, the microphone was not open through any watched door, and nothing was found in what was sent that follows the sound
sentence-plaintext = While “{ $title }” was muted, nothing was found in what was sent that follows the sound at the microphone, and nearly all of it could be read
sentence-partly-seen = While “{ $title }” was muted, nothing was found that follows the sound at the microphone in what could be read; the contents of { $bytes } bytes a minute could not be read
sentence-inconclusive = This session cannot say whether anything that “{ $title }” sends while muted follows the microphone
sentence-not-run = “{ $title }” was not judged: there was no muted phase
sentence-others-nothing = ; in what the other participants would have heard, nothing was found
sentence-still-read = ; the microphone was still read
sentence-open-running = ; the microphone stayed open and running
sentence-open-not-running = ; the microphone stayed open, but was handed no sound
receiver-other-participants = the other participants
receiver-operator-server = the operator's server
receiver-third-party = third parties
receiver-nobody-known = a receiver that is not known
list-and = { $before } and { $last }
leak-amount-none = How much follows the sound could not be certified in so short a run; this test cannot certify more than { $cap } bits a minute.
leak-amount = At least { $least } bits a minute follow the sound; this test cannot certify more than { $cap }. Neither is the amount of speech that left.

## Who would receive it

hears-other-participants = Other participants
hears-operator-server = Operator's server
hears-third-parties = Third parties
section-call = Who can read the call itself
call-anyone = Anyone on the way: the sound goes to { $at } as RTP without encryption.
call-server = The server: its keys are made with the very end that the sound goes to, { $at } (DTLS). A further layer inside, such as SFrame, would not be seen here.
call-participants = The participants: the keys are made with a participant's device, { $at } (DTLS).
call-dtls-with-others = Unknown: the keys are made with { $at } (DTLS), and the recipe does not say who that is.
call-keys-not-seen = Unknown: the sound goes to { $at } as RTP that cannot be decoded, and how its keys are made was not seen.
call-no-rtp = Unknown: nothing that was sent looks like RTP.
answer-yes = Yes
answer-nothing-found = Nothing found
answer-nothing-sent = Nothing sent
answer-unknown = Unknown
answer-yes-long = What they receive follows the muted microphone.
answer-nothing-found-long = Nothing that follows it was found in what could be read.
answer-nothing-sent-long = No packet to them was seen while muted.
answer-unknown-long = This session does not tell.

## Reasons, each with what to repair

reason-control-silent = Even unmuted, nothing in the packets followed the sound (evidence { $evidence }, needed { $needed }), so packets say nothing about this app: either its stream is constant and encrypted, or it was not unmuted, not in a call, or did not use the stage's microphone.
reason-sham-fires = The traffic follows sound that the app could not hear (evidence { $evidence }): the test setup itself talks across; run it on a quieter machine.
reason-mute-not-confirmed = The app did not confirm its mute in { $blocks } of { $of } blocks: check the recipe's mute step and how it is confirmed.
reason-sound-not-heard = The sound did not arrive at the microphone (loud { $loud } dBFS, quiet { $quiet } dBFS): check the virtual microphone.
reason-edges-off-control = In the control phase sound arrived up to { $ms } ms late or early: close other programs or give the machine more time.
reason-edges-off-muted = In the muted phase sound arrived up to { $ms } ms late or early: close other programs or give the machine more time.
reason-edges-differ = Sound arrived { $ms } ms apart in control and muted phase: run it again without changing the sound setup in between.
reason-too-few-blocks-control = Too few blocks of the control phase could be judged ({ $blocks }): run longer.
reason-too-few-blocks-muted = Too few blocks of the muted phase could be judged ({ $blocks }): run longer.
reason-loss-follows-sound = What was lost follows the sound (evidence { $evidence }): enlarge the buffers or reduce the load, then run it again.
reason-lost-blocks = Something was found, but the loss in { $blocks } of { $of } blocks could explain it: enlarge the buffers or reduce the load, then run it again.
reason-seed-differs = The seed is not the one that was committed to before the first sound: the bundle was changed, or two bundles were mixed up.
reason-packets-not-watched = Packets were not watched all the time: see the capture's own message.
reason-clock-step = The clocks jumped by { $ms } ms: stop time synchronisation during the run.
reason-run-failed = The run ended early ({ $failure }): { $why }
reason-redraws-accused = Against orders that were never played, this session's own numbers reached evidence 100 in { $accused } of { $of } draws, far more than one in a hundred: the test cannot be trusted here. Please report this.
reason-nothing-detectable = Not even the plainest leak, planted { $tries } times into this session's own data, would have been found: run longer.
reason-not-sealed = The bundle was never sealed: it may have been changed or cut off. Run it again to the end.
reason-plaintext-required = Plaintext was required, and { $bytes } bytes a minute could not be read.
failure-missing = something is missing on this machine
failure-stage = the stage could not be set up
failure-not-joined = the app did not join
failure-not-muted = the app did not confirm its mute
failure-app-ended = the app ended
failure-sound-ended = sound ended
failure-disk = the bundle could not be written
failure-stopped = stopped by the person
failure-unknown = of an unknown kind

## Remarks

note-sham-high = The control against sound that the app could not hear is higher than usual (evidence { $evidence }), but not high enough to void the session.
note-still-open = The microphone stays open while muted. Many apps do that. By itself it says nothing of what is sent, and it is not a closed microphone either.
note-no-call-seen = A record stream was running while muted, and no library's call was seen to read it. A program that speaks the sound server's protocol by itself makes no such call: nothing follows from their absence.
note-reads-disagree = The sound server and the traced calls disagree: calls read the microphone while the server showed no running stream. The calls count.
note-reads-not-traced = Whether the open microphone's sound was read was not traced.
note-short-run = Only { $time } of muted time were judged: too short for data that is sent once a minute.
note-lost-counted = Lost by { $source }: { $count } ({ $why })
note-lost = Lost by { $source }, uncounted ({ $why })
note-not-watched = Not watched by { $source }: { $why }
note-listens = The app accepts connections from outside at { $at } ({ $command })
note-clear-http = Anyone on the path to { $at } can read what is sent there: it is HTTP without encryption.
note-clear-sound = Anyone on the path to { $at } can listen: the sound sent there is not encrypted.
note-clear-data = Anyone on the path to { $at } can read data that is sent there: it is not encrypted.
note-not-read-whole = Not everything in clear text was read: { $messages } messages hit a bound of the decoder, and { $values } values lay beyond the number of fields that are followed. These messages count as not readable.
note-control-by-peer-only = The unmuted control showed the microphone only in the peer's output. It vouches for what the other participants hear, not for what a server could read out of the packets.
note-field-not-isolated = The whole crossed the threshold, but no single series did: which one follows the sound is not shown.
note-log-cut = The log's last { $bytes } bytes were cut off; the rest was read.
note-packets-cut = The packet file's last { $bytes } bytes were cut off; the rest was read.
note-not-controlled = These codes played only while muted, so no control vouches for them: { $codes }. Where nothing follows one of them, that rests on the planted leaks and on what could be read.
note-stopped-early = The muted phase was ended before its planned end: { $why }. Only bets that needed nothing later were counted.
note-not-aligned = No send that comes about once a minute was seen before the muted phase, so the minutes of the slow code could not be set to it. A value sent once a minute may straddle two blocks and then takes longer to find.
note-transitions-not-tested = What leaves in the first seconds after a mute, and at an unmute (sound held back and sent later), was not tested; --transitions does that.
note-cycles-not-judged = { $judged } of { $of } cycles of mute and unmute could be judged; in the others the app did not say in time that it was muted, or unmuted.
note-only-around-mute = It was found only around muting and unmuting: right after a mute, or at an unmute, something leaves that depends on what the muted microphone heard. While the app stayed muted nothing was found.
note-redacted = Payloads, plaintext and keys were dropped from this bundle. It is judged by the numbers that were computed from them before; what they say cannot be computed anew.
note-packets-only = Plaintext that was seen before encryption is in the bundle and was left out here, on request: only what packets show was judged.
note-second-opinion-differs = An exact randomisation test over the same blocks says something else than the bets. The bets decide; the difference deserves a longer run.
note-hides-from-indicator = The record stream of “{ $application }” claims { $claim }, which GNOME Shell leaves out of its microphone indicator: on such a desktop a person would not see that it listens.
note-control-by-encoder-only = The unmuted control fired only at the input of an audio encoder: it vouches for whether sound gets that far, not for what could be read out of the packets.
note-encoder-follows = While muted, sound from the microphone still reached an audio encoder ({ $evidence }). Whether its output is sent was not seen.
note-encoder-quiet = While muted, nothing that follows the sound reached the audio encoder, which it did unmuted.
note-staged = The app ran on a stage with a virtual microphone; elsewhere it may behave differently.
source-stage = the stage
source-player = the player
source-mic = the microphone recorder
source-peer = the peer's recorder
source-sham = the sham's recorder
source-streams = the record stream watch
source-packets = the packet capture
source-sockets = the socket watch
source-reads = calls that read the microphone
source-plaintext = calls to codecs and encryption
source-mute = the mute state watch
source-clock = the clock watch
source-unknown = an unknown source

## What was done

done-intro = Loud and quiet sound was played at a virtual microphone in an order drawn by lot, first with the app unmuted, then muted. Then it was tested whether anything that left the machine follows that order.
done-app = App
done-version = Version
done-started = Started
done-profile = Profile
done-mute-way = How it was muted
done-blocks = Blocks judged
done-blocks-value = { $control } unmuted, { $muted } muted, of { $seconds } s each
done-sound = Sound at the microphone
done-sound-value = loud { $loud } dBFS, quiet { $quiet } dBFS
done-delay = Delay of the sound
done-delay-value = { $control } ms unmuted, { $muted } ms muted, at most { $worst } ms off
done-underruns = Gaps of the player
done-reads = Microphone read while muted
done-reads-value = { $calls } calls and { $bytes } bytes a second, by { $command } through { $door }
done-reads-none = no call seen
done-reads-untraced = not traced
done-opaque = Bytes that could not be read
done-opaque-value = { $bytes } a minute

## Pictures

picture-alt = Per block: level heard at the microphone, bytes sent, level of the peer's output. Control (unmuted) first, then muted. The table of blocks is in the JSON report.
picture-heard = Heard at the microphone, dBFS
picture-bytes = Sent, bytes a block
picture-peer = Heard by the other participants, dBFS
picture-control = unmuted (control)
picture-muted = muted
picture-loud = loud block
picture-quiet = quiet block
picture-missing = not known (lost or not watched)
picture-none = No block could be judged, so there is nothing to draw.
picture-caption = If a mute works, the lower two rows follow the bars in the unmuted part and go their own way in the muted part.
picture-time = seconds
evidence-alt = Evidence after each block, as a power of ten. The dashed line is the threshold of { $needed }. The control ends at { $control }, the muted phase at { $muted }.
evidence-axis = log10 of the evidence
evidence-blocks = Blocks
evidence-threshold = needed
evidence-caption = Evidence above the line decides. Chance lifts an app that sends nothing of the kind above it in at most { $alpha } % of audits.
evidence-test = Test
evidence-at-end = At the end
evidence-highest = Highest
evidence-needed = Needed
evidence-crossed = Crossed after
evidence-series = Series
evidence-control = Control (unmuted)
evidence-muted = Muted
evidence-code = – { $code } code alone, blocks of { $seconds } s
evidence-charged = Muted, lost blocks charged the worst bet
evidence-of-needed = { $evidence }, needed { $needed }
evidence-sham = Sham (sound the app cannot hear)
evidence-not-crossed = not crossed
seconds-value = { $seconds } s
microphone-alt = State of the microphone over time; the same is in the table below.
microphone-from = From
microphone-to = To
microphone-state = State
microphone-who = By (as the programs call themselves)

## Tables

findings-none = Nothing was found that follows the sound.
findings-series = Series
findings-quiet = Mean, quiet blocks
findings-loud = Mean, loud blocks
findings-evidence = Evidence
findings-named = Named
findings-by-code = { $series } ({ $code } code)
code-fast = fast
code-medium = medium
code-slow = slow
code-content = content
code-activity-pair = activity (speech or dishes against typing or vacuum cleaner)
code-activity-one = activity (speech or typing against dishes or vacuum cleaner)
code-transition = mute and unmute (loud or quiet just before)
code-unknown = unknown
findings-note = A series marked "Named" was singled out by the test itself; the others only contribute.
destinations-none = Nothing was sent while muted.
destinations-remote = Remote end
destinations-role = Who
destinations-packets = Packets a second
destinations-bytes = Bytes a second
destinations-process = Process
destinations-process-none = not traced
destinations-by = by { $processes }
destinations-read = Read
destinations-read-value = { $share } % of the bytes read
destinations-read-tls = { $share } % of the bytes read ({ $before } % before TLS)
destinations-read-srtp = { $share } % of the bytes read ({ $before } % before encryption)
destinations-follows = Follows the microphone
role-server = operator's server
role-participant = participant
role-third-party = third party

## Limits

limit-staged = The app ran on a stage: a virtual microphone, its own network, its own account. It may behave differently elsewhere, and switches thrown on a server's side cannot be seen here.
limit-opaque = { $bytes } bytes a minute left without their contents being seen. No test on encrypted data can exclude a loudness value of constant length inside it.
limit-opaque-none = All outgoing bytes were readable or none were sent.
limit-before-encryption = What was read before encryption is what the app handed to its library. That the library encrypted just this is believed: the lengths fit, the contents were not decrypted.
limit-run-length = { $time } of muted time were judged. Full sound and loudness in every packet show within minutes; a value sent once a minute takes half an hour or more.
limit-amount-none = No amount could be certified in this run; blocks of { $seconds } s let this test certify { $cap } bits a minute at most. That is not the amount of speech that left.
limit-amount = "At least { $least } bits a minute" is a lower bound, and blocks of { $seconds } s let this test certify { $cap } bits a minute at most. Neither number is the amount of speech that left.
limit-bound = Nothing was found down to this: our guesses of the order were right at most { $accuracy } % of the time ({ $blocks } blocks, 95 % confidence), which is compatible with up to { $bits } bits a block. Another attacker may do better.
limit-detects = Leaks planted into this session's own data, in blocks of { $seconds } s ({ $tries } times each), were found in at least 95 % down to: { $list }. A flag or value counts only where it can be read.
limit-detects-not = Leaks planted into this session's own data, in blocks of { $seconds } s ({ $tries } times each), that were not found at any strength: { $list }.
detects-packet-size = packets larger by { $strength } B while it is loud
detects-packets = { $strength } more packets in a loud block
detects-flag = a flag that says in each block whether it was loud, wrong in { $strength } % of them
detects-loudness = a loudness value in each block with { $strength } dB of noise
detects-no-packet-size = larger packets while it is loud
detects-no-packets = more packets in a loud block
detects-no-flag = a flag that says in each block whether it was loud
detects-no-loudness = a loudness value in each block
limit-false-alarm = The method accuses an app that sends nothing of the kind in at most { $alpha } % of audits.
limit-redraws = The test was tried on a sample of this session's own data ({ $series } series, { $blocks } blocks) against { $draws } orders that were never played: { $accused } reached evidence 100, at most { $allowed } may.
limit-second-opinion = Second opinion, which does not decide: of { $redraws } orders that were never played, { $p } % fit what was sent as well as the one that was.
limit-doors = Only record streams at the stage's sound server were watched as doors to the microphone, twenty times a second: one that was open for less than that may have been missed.
limit-seal = A seal shows that the bundle is unchanged since sealing. It does not show who made it or that the machine was sound.

## Repeating

repeat-intro = The bundle holds everything this report was made from. The same version gives the same report from it, byte for byte.
repeat-again = Judge the bundle again
repeat-audit = Run the audit again (another order of sounds will be drawn)
repeat-seed = Commitment to the order, fixed before the first sound (SHA-256 of the seed)
repeat-binary = Audited binary
repeat-recipe = Recipe
repeat-tool = muteproof
repeat-recorded-by = recorded with { $recorded }, judged with { $judged }
repeat-bundle = Bundle
repeat-packages = Packages
repeat-host = Machine

## Letter to the maker

letter-title = Observation on the mute function of “{ $title }”
letter-to-fill = [TO FILL IN: { $what }]
letter-contact = name and address of the sender
letter-date-sent = date sent
letter-date-publication = planned date of publication
letter-date-answer = date of the maker's answer
letter-dates = Dates
letter-sent = Sent
letter-publication = Planned publication
letter-answer = Answer received
letter-from = From
letter-observed = What was observed
letter-evidence = Evidence
letter-evidence-value = Unmuted control: { $control }; muted: { $muted }; needed: { $needed }. Control against sound that the app cannot hear: { $sham }.
letter-reproduce = How to reproduce it
letter-ask = What we ask
letter-ask-text = Please say whether you can reproduce this, what the data is for, who receives it and how long it is kept, and whether and when it will be changed. Your answer will be printed unaltered in the published report.
letter-limits = Limits of this observation

## What a capture shows

inspect-size = { $packets } packets, { $bytes } bytes on the wire, { $time }
inspect-nothing = Nothing was found that says something about sound.
inspect-findings = What anyone on the path can read
inspect-finding = { $what }: { $transport } { $from } → { $to }, { $n } packets from { $first } to { $last } ({ $rfc })
inspect-more-of = and { $n } more: { $kind }
inspect-more = and { $n } more
inspect-destinations = Who talks with whom
inspect-destination = { $transport } { $from } – { $to }: { $there } bytes there, { $back } back
inspect-left-out = What was not looked at
inspect-level = Loudness of each packet may stand in the clear, in header extension { $extension } of source { $source }: { $values } levels, voice bit set in { $voice } %
inspect-level-kind = loudness in header extensions
inspect-level-encrypted = Loudness of each packet may stand in the clear beside the encrypted sound, in header extension { $extension } of source { $source }: { $values } levels, voice bit set in { $voice } %
inspect-level-encrypted-kind = loudness beside encrypted sound
inspect-gaps = When somebody speaks: source { $source } sends nothing in between
inspect-gaps-kind = pauses in sending
inspect-marker = When somebody begins to speak: the marker bit of source { $source }
inspect-marker-kind = markers at the beginning of speech
inspect-comfort-noise = When nobody speaks: source { $source } sends a payload type of its own for silence
inspect-comfort-noise-kind = comfort noise
inspect-silence = When nobody speaks, perhaps: source { $source } sends very short packets among longer ones
inspect-silence-kind = very short packets
inspect-sizes = Sizes of source { $source } may follow what is said: { $sizes } sizes from { $min } to { $max } bytes
inspect-sizes-kind = sizes that vary
inspect-plain = The sound itself, in { $codec }, source { $source }: { $seconds } s of it can be decoded by anyone
inspect-plain-kind = sound that can be decoded
inspect-srtp-dtls = Encrypted sound or pictures (SRTP, keys made by DTLS), source { $source }
inspect-srtp-dtls-kind = SRTP by DTLS
inspect-srtp-length = Encrypted sound (SRTP, by its length), source { $source }
inspect-srtp-length-kind = SRTP by its length
inspect-rtp = RTP of payload type { $type }, source { $source }: whether it is encrypted cannot be told
inspect-rtp-kind = RTP
inspect-cryptex = Header extensions of source { $source } are encrypted as well (Cryptex)
inspect-cryptex-kind = Cryptex
inspect-events = Keys pressed during the call, source { $source }
inspect-events-kind = keys pressed during a call
inspect-dtls = DTLS { $version }
inspect-dtls-kind = DTLS
inspect-dtls-old = DTLS { $version }, which is not to be used any more
inspect-dtls-old-kind = DTLS that is not to be used any more
inspect-quic = QUIC, version { $version }
inspect-quic-kind = QUIC
inspect-tls = TLS { $version } to { $name }
inspect-tls-kind = TLS
inspect-tls-old = TLS { $version }, which is not to be used any more, to { $name }
inspect-tls-old-kind = TLS that is not to be used any more
inspect-request = A request in the clear: { $request } at { $host }
inspect-request-kind = requests in the clear
inspect-signalling = Who calls whom, in the clear (SIP)
inspect-signalling-kind = signalling in the clear
inspect-keys = Keys of the encrypted sound, in the clear
inspect-keys-kind = keys in the clear
inspect-unknown = (version not seen)
inspect-no-name = (name not seen)
inspect-damage = Byte { $offset }: { $why }. Nothing behind it was read.
inspect-damage-skipped = Byte { $offset }: { $why }. Read on { $n } bytes later.
inspect-cut-file = The file ends in the middle of what begins at byte { $offset }: it may still be growing.
inspect-malformed = { $n } frames whose headers contradict themselves or end too early, the first is packet { $first }
inspect-link-layer = { $n } frames of link type { $link }, which is not read here
inspect-not-ip = { $n } frames that carry something else than IP
inspect-fragments = { $n } later fragments of packets: they are not put together
inspect-cut = { $n } packets that were not captured whole
inspect-without-time = { $n } packets without a time
inspect-back-in-time = { $n } times time went back by more than a second
inspect-evicted = { $n } flows were ended early to make room for others; what they showed is kept
inspect-streams = { $n } packets of sources for which there was no room
inspect-findings-left = { $n } findings for which there was no room
inspect-names-left = { $n } names for which there was no room
