# English. Every sentence that is said to a person comes from here; de.ftl has the same ids (a test
# compares them). Numbers arrive as ready-made strings. Indented lines go on with the message above.

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
reason-numbers-not-kept = Payloads were dropped from this bundle, and what was kept of them is not of the blocks that this version of muteproof cuts it into ({ $codes }): what could be read in them was not judged. Judge it with the version that redacted it, or redact the whole bundle anew.
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
note-no-packets = Could not be read as packets: { $frames } frames, damaged or of a kind that is not read here. Nobody knows whether the app sent them; what is in them counts as not readable.
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
note-accessed = { $log } says that { $app } had the microphone for { $seconds } of the { $of } seconds while muted. That is access: whether it read anything, this log does not say.
note-accessed-at = { $log } says that { $app } had the microphone at some time while muted, and not for how long. That is access: whether it read anything, this log does not say.
note-not-accessed = { $log } names no app that had the microphone while muted. It tells of access that went by the system's own interfaces, and nothing of reading.
note-elsewhere = What left was recorded outside of muteproof: that this schedule was heard by the microphone, when, and that the app was muted, is the word of a person.
note-judged = Judged is what these addresses sent: { $addresses }. What the device sends from others is not in it.
note-table-only = Only the columns of a table with { $rows } rows were judged. What else the app sent, if anything, nobody looked at.
note-numbers-not-kept = What was kept of this bundle's payloads is not of the blocks that this version of muteproof cuts it into ({ $codes }), so the leak was found by sizes and times alone; who receives it may be named otherwise by the version that redacted the bundle.
note-packets-only = Plaintext that was seen before encryption is in the bundle and was left out here, on request: only what packets show was judged.
note-second-opinion-differs = An exact randomisation test over the same blocks says something else than the bets. The bets decide; the difference deserves a longer run.
note-hides-from-indicator = The record stream of “{ $application }” claims { $claim }, which GNOME Shell leaves out of its microphone indicator: on such a desktop a person would not see that it listens.
note-camera-released = The camera was released when it was turned off, and stayed so (looked at twice a second).
note-camera-held = The camera { $device } was still held by { $command } after it was turned off.
note-camera-not-seen = The camera was turned off, but no program was seen to hold one before: nothing is said of it.
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
source-microphone-log = the device's own log of the microphone
source-plaintext = calls to codecs and encryption
source-mute = the mute state watch
source-person = the person
source-cameras = the camera watch
source-files = the watch of the app's home
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
code-activity-pair = activity, one half against the other (generated ones: speech or dishes against typing or vacuum cleaner)
code-activity-one = activity, which one of a half (speech or typing against dishes or vacuum cleaner)
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

guide-warning-call = This audit records a real call. Its bundle will hold everything that the app sends and receives: also what the other participants say, write and show. Tell them before, or hold a call with yourself.
guide-warning-typed = What you type into the app, passwords among it, may be readable in the bundle: the keys of its connections are kept with them. Use an account made for this, or join as a guest.
guide-warning-heard = Your own microphone is never opened. The app hears a virtual one that plays test sounds, and so do the others while you are not muted.
guide-yes = Type yes to begin:
guide-not-begun = nothing was begun
guide-ask-join = Join the call in the app, with its microphone on (the virtual one), not muted.
guide-ask-join-elsewhere = Join the call on the device, with its microphone on, not muted. Switch off every other way out of the device (mobile data, a second network): only what the capture sees is judged.
guide-ask-mute = Press mute in the app now.
guide-ask-muted = The app ought to be muted now. If it is not, mute it.
guide-ask-unmute = That was all. Unmute in the app.
guide-ask-quit = Leave the call, and close the app.
guide-ask-other = Please do this:
guide-enter = Press Enter when it is done.
guide-enter-muted = Press Enter as soon as the app shows that it is muted, not before.
guide-confirm = Do not unmute yet. Was the app muted all the time since you pressed Enter?
guide-confirm-how = Type yes or no; if it was muted only some seconds after your Enter, type how many.
guide-phase-control = Recording with the microphone on, for about { $time }. Leave the app as it is.
guide-phase-muted = Recording while muted, for about { $time }. Leave the app muted.
guide-slip = If it was not so for a moment, type x and for how many seconds (x 20; x alone is 10), then Enter.
guide-slipped = Noted: the last { $seconds } seconds do not count.
guide-not-understood = That was not understood.
guided-status-not-audited = The recipe was written from public documents. We have not audited this app by it.
guided-status-discontinued = The recipe is for a service that is no longer there.
guided-outside = Outside network: { $by }.
guided-no-outside = Outside network: none. The app reached nothing beyond the stage.
guided-person = A person joined, muted and unmuted. That it was muted rests on their word.

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
inspect-quic = QUIC, version { $version }, to { $name }
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
inspect-back-in-time = time that went back by more than a second: { $n } times, first at packet { $first }
inspect-evicted = { $n } flows were ended early to make room for others; what they showed is kept
inspect-streams = { $n } packets of sources for which there was no room
inspect-findings-left = { $n } findings for which there was no room
inspect-names-left = { $n } names for which there was no room

## What telemetry gives away

attack-telemetry = Telemetry: { $telemetry }.
attack-levels = { $statistics } of the level every { $every } s, in steps of { $resolution } dB
attack-levels-exact = { $statistics } of the level every { $every } s, unrounded
attack-opus = sizes of Opus packets at a variable bit rate
attack-opus-dtx = sizes of Opus packets at a variable bit rate, none sent in silence (DTX)
attack-named = From { $window } of this an attacker named the activity { $percent } % of the time (95 %: { $low } to { $high } %; chance { $chance } %), on recordings that it had never heard.
attack-counts = { $windows } windows of { $recordings } recordings or groups of them, { $classes } activities.
attack-above-chance = Even the lower end is above chance: this gives activities away.
attack-chance = The interval contains chance: that more than guessing was possible is not shown.
attack-below-chance = The interval lies below chance: these recordings are too few or too unlike each other for a figure.
attack-study-kind = For comparison: lowest, mean and highest level once a minute, as in the study, give { $percent } % ({ $low } to { $high } %) from { $window } of the same sounds.
attack-recorded = What left while muted, as { $n } series of numbers.
attack-named-stretch = From { $window } of this an attacker named the activity { $percent } % of the time (95 %: { $low } to { $high } %; chance { $chance } %), in stretches that it had not learnt from.
attack-counts-stretches = { $windows } stretches, { $classes } activities.
attack-study-kind-stretch = For comparison: telemetry of the study's kind (lowest, mean and highest level at the microphone, whole decibels), one report for each such stretch, would have named { $percent } % ({ $low } to { $high } %) of the same stretches. The study's has one a minute; muteproof attack simulate says what that gives away.
section-attack = What an attacker makes of it
attack-judges-nothing = While muted, everyday sounds were played whose kind was drawn by chance. An attacker learnt what left during some of them and named the others. This is no part of the verdict and changes nothing of it.
attack-nothing-varied = Nothing that left varied while they played: there was nothing to learn from.
attack-refused = There is no figure: { $why }
attack-generated = The activities are generated sounds, one generator each, and the attacker learnt from other stretches of this session: this shows that what left tells them apart, not how well it would tell the sounds of strangers apart.
attack-library = What was played were recordings of a library (SHA-256 { $library }), each brought to one loudness and heard in a simulated room that was drawn for it. The attacker learnt from what left during other recordings of this session, few of them: with more it would be better.
attack-synthetic = THESE SOUNDS ARE SYNTHETIC: caricatures from a generator. The figures show that telemetry carries something, not how much it gives away of real life. Real recordings: muteproof sounds import.
attack-carriers = What carries it
attack-carrier = { $feature } ({ $share } %)
attack-confusion = Who was taken for whom (row: what went on; column: what was named; percent)
attack-window-split = Warning: split by window, with pieces of one recording on both sides, the same attacker would seem to be right { $percent } % of the time. That figure is no result.
sounds-label = { $files } files of { $recordings } recordings
sounds-licences = Licences: { $licences }
sounds-read = All files can be read: { $n } sounds.
## Microphone switch

mic-state-on = Microphone on
mic-state-off = Microphone off (verified)
mic-state-partly = Microphone off, but for exceptions
mic-state-unproven = Microphone off is not proven
mic-state-hears = Microphone still hears
mic-is-on = The microphone is on: programs can hear it.
mic-is-off = The microphone is off: every source was recorded just now, and every sample was zero.
mic-is-partly = The microphone is off but for your exceptions; every other source was recorded, and every sample was zero.
mic-is-unproven = The microphone should be off, but that is not proven: see below.
mic-is-hears = The microphone should be off, and something still hears: see below.
mic-no-server = There is no sound server now; nothing can be recorded through one.
mic-no-sources = There is no microphone at the sound server.
mic-not-guarded = Nobody keeps it so: start the guard with `muteproof mic guard`.
mic-source = { $name } ({ $description }): { $state }
mic-proof-silent = silent, { $samples } samples recorded and all zero
mic-proof-nothing = gives no samples at all
mic-proof-hears = STILL HEARS, largest sample { $percent } % of full scale
mic-proof-failed = COULD NOT BE PROVEN: { $why }
mic-proof-unproven = not recorded
mic-source-on = open
mic-source-muted = muted
mic-source-except = left as it is, by your exception
mic-source-opened = OPEN, to your excepted programs alone; everybody else was moved away
mic-source-monitor = what a loudspeaker plays; no microphone
mic-source-contested = opened by others { $times } times since, and closed again
mic-app-except = { $program } may hear, by your exception
mic-recording = { $program } records { $source }
mic-recording-except = { $program } records { $source }, BY YOUR EXCEPTION
mic-capture = { $device } is read past the sound server by { $who }
mic-layers = Layers
mic-layer-source-mute = muted at the sound server
mic-layer-volume = no volume, where others opened it again
mic-layer-streams = recordings moved to a silent source
mic-layer-switches = capture switches of the sound cards
mic-layer-access = access to the capture devices
mic-layer-usb = USB microphones not admitted
mic-layer-lamp = the keyboard's microphone lamp
mic-layer-holds = holds ({ $n })
mic-layer-unused = not used
mic-layer-nothing = nothing here that it could work on
mic-layer-failed = does not hold: { $why }
mic-event-off = The microphone was switched off.
mic-event-on = The microphone was switched on.
mic-event-contested = Somebody opened { $source } again (time { $times }); it is closed again.
mic-event-open-added = { $source } was plugged in and open for { $ms } ms before it was closed.
mic-event-open = { $source } was open for { $ms } ms.
mic-event-server-lost = The sound server ended while the microphone is off.
mic-event-server-back = The sound server is back and every source is closed again, { $gap } ms after it ended; for { $open } ms of that sources were seen open.
mic-event-hears = { $source } still hears although it is muted.
mic-event-failed = { $source } could not be proven silent: { $why }
mic-event-captured = While the microphone is off, { $who } reads { $device } past the sound server.
mic-event-came = { $program } came to { $source }, which was open to your excepted program, and could hear it for { $ms } ms.
mic-event-exception-ends = Other programs came to { $source } { $times } times: it stays closed now, to your excepted programs too, until you switch again.
mic-event-not-restored = The sound server does not take back what { $source } had.
mic-holder = { $what }: { $who }, { $heard }
mic-holder-since = { $what }: { $who }, { $heard }, since { $since }
mic-holder-camera = camera { $path }
mic-holder-monitor = { $name } (what a loudspeaker plays)
mic-holder-process = { $program } (process { $pid })
mic-holder-one-of = one of the processes { $pids }, which one cannot be told
mic-holder-server = the sound server itself
mic-holder-unknown = a program that cannot be told
mic-holder-claim = it calls itself { $name }
mic-holder-lies-pid = IT CLAIMS TO BE PROCESS { $pid }, WHICH THE KERNEL DENIES
mic-holder-hears = hears
mic-holder-deaf = hears nothing (muted or paused)
mic-seen-begin = now
mic-seen-change = changed
mic-seen-end = ended
mic-nobody = Nobody holds a microphone or a camera.
mic-held = Who holds a microphone or a camera now
mic-unknown = What is not known
mic-unknown-server = Who records through the sound server: { $why }.
mic-unknown-since = Since when: `muteproof mic watch` tells it from when it runs.
mic-unknown-others = What programs of other people on this machine have open.
mic-unknown-sent = Whether a program sends what it hears; an audit tells.
mic-next = Next
mic-next-off = muteproof mic off          switch every microphone off, and prove it
mic-next-on = muteproof mic on           switch them on as they were
mic-next-watch = muteproof mic watch        see who takes and leaves a microphone
mic-next-audit = muteproof audit --guided   does an app's own mute button mute?
mic-next-help = muteproof --help           everything else
mic-menu-off = Switch off
mic-menu-on = Switch on
mic-menu-prove = Prove it again
mic-shortcut = Switch every microphone off or on
mic-watch-title = Microphones and cameras (q: quit, m: off or on)
mic-watch-history = What happened

## Several sessions together

combine-session = evidence at its end 10^{ $w }
combine-not-counted = (does not count)
combine-leak = Together: a leak
combine-nothing = Together: nothing found
combine-no-answer = Together: no answer, no session counts
combine-evidence = { $together }; evidence 10^{ $w }, needed 10^{ $needed }.
combine-why = Evidence of independent sessions multiplies, as each had an order of sounds of its own. That holds only if
    these are all sessions that were made, not those that one liked.
combine-verdict-leaks = leaks
combine-verdict-no-leak-seen = no_leak_seen
combine-verdict-partly-seen = partly_seen
combine-verdict-inconclusive = inconclusive
combine-verdict-not-run = not_run

## Two versions compared; English says what JSON says

compare-worse = worse
compare-better = better
compare-nothing-changed = nothing changed
compare-no-answer = One of the two has no answer: nothing follows from this.
compare-none = none
compare-verdict = verdict
compare-microphone = microphone while muted
compare-participants = other participants hear
compare-server = the operator's server hears
compare-third-parties = third parties hear
compare-call = the call itself can be read by
compare-series = series that follow the muted microphone
compare-sends = sends to third parties
compare-clear-text = clear text
compare-listens = listens at
compare-hides = hides from the indicator
compare-opaque = opaque bytes a minute while muted
compare-leaks = leaks
compare-no-leak-seen = no leak seen
compare-partly-seen = partly seen
compare-inconclusive = inconclusive
compare-not-run = not run
compare-closed = closed
compare-open-not-running = open not running
compare-open-running = open running
compare-still-read = still read
compare-nothing-sent = nothing sent
compare-nothing-found = nothing found
compare-yes = yes
compare-read-by-participants = participants
compare-read-by-server = server
compare-read-by-anyone = anyone on the way
compare-unknown = unknown

## Which run length finds what

plan-signal = Signal: { $signal }.
plan-signal-value = a value every { $every }, { $about }, { $d } standard deviations between the two sounds
plan-signal-loudness = a loudness every { $every }, { $about }, { $noise } dB of noise at a step of { $step } dB
plan-signal-bytes = { $packets } packets a second, { $bytes } B larger when loud, sizes with a standard deviation of { $sd } B
plan-signal-flag = a flag in each block, wrong in { $wrong } % of them
plan-about-since-last = about the time since the one before
plan-about-moment = about the moment
plan-among = Among { $series } other series, alpha { $alpha }.
plan-code = code
plan-block = block
plan-bits = bits a block
plan-formula = by the formula
plan-half-found = half found
plan-95-found = 95 % found
plan-never = never
plan-simulated = The last two columns are simulated: { $sessions } sessions each, with the bets of an audit.
plan-not-simulated = –: not simulated, far beyond the longest profile.
plan-rare-slower-code = A value every { $every } is seen by the { $code } code in one block of { $blocks } only,
    and is about all of them: it takes a code whose blocks are as long as that.
    Where its time straddles two blocks, count on up to twice as long.
plan-rare-no-code = A value every { $every } is seen by the { $code } code in one block of { $blocks } only,
    and is about all of them: no code has blocks as long as that.
plan-rare-moment = A value every { $every } is seen by the { $code } code in one block of { $blocks } only: what counts is how many values there are.
plan-recommended = Recommended: --profile { $profile } ({ $time } muted); the { $code } code finds it.
plan-no-profile = No profile finds it in 95 % of runs.
plan-limits = What a finished run finds in 95 %; what is smaller it could not have found:
plan-profile = profile
plan-blocks = blocks
plan-value-every = value every { $every }: d
plan-noise = its noise
plan-bytes = bytes a packet
plan-flag = flag wrong
plan-limits-what = d: standard deviations between the two sounds; noise: dB at a step of { $step } dB; bytes: at
    { $packets } packets a second, sizes with a standard deviation of { $sd } B; noise that does not hang
    together from one to the next. –: nothing of the kind.
plan-nothing-planted = Its judgement planted no leaks: one was found, or there were too few blocks.
plan-planted = Planted into its own numbers ({ $tries } tries each), found in 95 %:
plan-planted-size = packets larger when loud
plan-planted-packets = more packets in a loud block
plan-planted-flag = a flag in each block, wrong in
plan-planted-loudness = a loudness in each block, noise
plan-by-length = By its length it could not have found, in 95 %:
plan-by-length-code = { $code } code, { $blocks } blocks of { $time }:
plan-by-length-value = a value in each block whose two sounds lie less than { $d } standard deviations apart
plan-by-length-flag = a flag that is wrong in more than { $wrong } of the blocks
plan-by-length-every = a value every { $every } whose two sounds lie less than { $d } apart
plan-by-length-none = a value every { $every }, however clear: no code of this run has enough blocks that long; see
    { "  " }`muteproof plan --every { $seconds } --d 4` for the profile that could

## What this machine can do

doctor-ok = ok
doctor-missing = MISSING
doctor-lacking = lacking
doctor-kernel = Linux 5.12 or newer
doctor-stage = a stage without root (user, network, mount and PID namespaces)
doctor-stage-made = made one
doctor-program = { $program } ({ $why })
doctor-program-windows = { $program } ({ $why }; for apps with a window)
doctor-specimens = the specimens' program
doctor-pipewire = PipeWire as the stage's sound server (--sound pipewire)
doctor-pipewire-found = { $n } programs; between programs of one side it keeps less apart than PulseAudio (docs/sound.md)
doctor-display = your display, for guided audits
doctor-tracing = tracing of microphone reads and plaintext
doctor-not-installed = not installed
doctor-not-built = not built
doctor-no-helper = muteproof-helper is not built
doctor-without = without { $names }
doctor-recipe-missing = missing
doctor-mend-kernel = update the kernel
doctor-mend-container = run muteproof outside the container, or start the container with --privileged
doctor-mend-display = start muteproof from a terminal in a graphical session
doctor-able = This machine can audit.
doctor-not-able = This machine cannot audit yet: mend what is MISSING.
lack-program = { $program } ({ $why }) is missing
lack-own = { $program } is missing
lack-specimens = the specimens' program is not beside muteproof
lack-install = install it: { $command }
lack-build = build it: { $command }
lack-notes = see the recipe's notes
fail-lack = { $what }; { $mend }
program-ip = joins the networks of the stage
program-pulseaudio = the stage's own sound server
program-dbus-daemon = the stage's own session bus
program-pipewire = the sound server of --sound pipewire
program-wireplumber = its session manager
program-pipewire-pulse = PulseAudio's protocol on it
program-pw-dump = shows who records from it
program-pasta = the outside network of guided audits
program-xvfb = the stage's own display
program-openbox = a window manager for it
program-xdotool = presses keys there

## While an audit runs

progress-begins = Auditing { $title } ({ $version }), profile { $profile }: about { $time }.
progress-left = about { $time } left; { $evidence }
progress-stage = setting the stage
progress-joining = joining the call
progress-control = control: { $blocks } blocks, evidence 10^{ $control }
progress-muted = control: evidence 10^{ $control }; muted: { $blocks } blocks, evidence 10^{ $muted }
progress-leak = a leak was found (evidence 10^{ $w })
progress-bound = the bound was reached: at most { $bits } bits a block
audit-report = Report
audit-bundle = Bundle
audit-again = Again
inspect-following = reading on as the capture grows; Ctrl-C ends it and tells
recipe-not-audited = not audited by us
recipe-discontinued = discontinued
recipe-valid = { $name }: a valid recipe with { $steps } steps
play-written = { $sound } and { $schedule } are written. Note the time at which you start to play.
play-begin = one tone: the app is in a call and not muted; every other way out of the device is off
play-control = two tones: speech begins, loud and quiet; touch nothing
play-mute = three tones: mute the app now, and see that it says so
play-muted = two tones: speech again, muted; touch nothing
play-end = three tones: the end
mic-not-shown = not shown: { $what }

## Failures; what the system or a file said stays as it was said

fail-system = { $said }
fail-unknown = something is wrong, and nobody said what
fail-lines = { $before }
    muteproof: { $line }
fail-read = failed to read { $path }: { $source }
fail-write = failed to write { $path }: { $source }
fail-make = failed to make { $path }: { $source }
fail-find = failed to find { $path }: { $source }
fail-find-library = failed to find the library { $path }: { $source }
fail-find-camera = failed to find the camera { $path }: { $source }
fail-create = failed to create { $path }: { $source }
fail-copy = failed to copy { $path }: { $source }
fail-open = failed to open { $path }: { $source }
fail-listen = failed to listen at { $path }: { $source }
fail-understand = failed to understand { $path }: { $source }
fail-do = failed to { $doing } { $path }: { $source }
fail-bad-file = { $path }: { $why }
fail-exists = { $path } exists already

## Recipes and stages

fail-no-recipe = there is no recipe `{ $name }`, and no folder of that name with a recipe.toml; { $hint }
fail-near = did you mean `{ $near }`?
fail-recipe-list = `muteproof recipe list` names those that come with muteproof
fail-not-utf8 = { $file }: not UTF-8 from byte { $at }
fail-recipe = { $file }: line { $line }, column { $column }: { $what }
fail-recipe-hint = { $file }: line { $line }, column { $column }: { $what }; { $hint }
fail-no-stage = the stage did not start: { $source }
fail-stage-silent = the stage did not start
fail-part-kept = { $why }; what was recorded until then is kept in { $path }
fail-part-kept-unsealed = { $why }; what was recorded until then is kept in { $path }, not sealed
fail-name-recipe = name a recipe, or a command: muteproof audit --guided -- COMMAND
fail-needs-no-person = the recipe { $recipe } needs no person: leave out --guided
fail-for-guided = { $option } is for guided audits, and this recipe is none
fail-transitions = --transitions mutes at given seconds, which cannot be asked of a person: leave it out
fail-sound = the recipe needs { $sound } as its sound server: leave out --sound
fail-labels = --sounds: profile `{ $profile }` with { $labels } labels cannot be played; wanted are a profile with activities (full) and an even number of labels from 4 to 32
fail-no-app = there is no program { $program }
fail-no-pasta = { $program } (the outside network) is missing; install it: { $command }; or audit without that network: --offline
fail-no-terminal = a guided audit asks a person, and there is no terminal: start it from one
fail-ctrl-c = Ctrl-C cannot be caught: { $source }

## Bundles and reports

fail-folder-exists = { $path } exists already; name another folder by --out
fail-seal-changed = { $file } was changed after the bundle was sealed; a verdict needs the original
fail-seal-missing = { $file } is missing from the sealed bundle
fail-seal-added = { $file } was added after the bundle was sealed; move it out of the folder
fail-seal-unreadable = { $file } is not a seal: { $source }
fail-no-bundle = { $path } is not a bundle: it has no { $file }
fail-kept-numbers = kept.json in the bundle cannot be read: { $source }
fail-redacted-packets = of a redacted bundle no packets are left to be judged by themselves
fail-redacted-attack = of a redacted bundle no packets are left for an attacker to look at
fail-redacted-redraw = a redacted bundle cannot be redrawn: its packets are gone
fail-redacted-already = { $path } is redacted already
fail-never-sealed = { $path } was never sealed: what it says cannot be vouched for
fail-judged-differently = the redacted bundle would be judged differently; it was not kept
fail-same-session = { $path } is the same session as one before it; give each once
fail-different-apps = these sessions are of different apps, which are different questions: { $apps }
fail-different-recipes = { $old } audited `{ $was }` and { $new } `{ $is }`; compare audits by one recipe
fail-not-json = { $path } is no JSON report: { $source }
fail-no-verdict = { $path } is no report of muteproof: it has no verdict
fail-no-profile = there is no profile `{ $profile }`; there are { $known }
fail-no-format = there is no format `{ $format }`; there are { $known }
fail-evidence = evidence { $index } is not usable

## Captures from elsewhere

fail-followed-packed = { $path } is packed: only plain captures can be followed as they grow
fail-not-capture = { $path } is no capture that can be read: { $why }
fail-not-capture-at-all = { $path } is no capture that can be read: { $why }; Wireshark's editcap converts other formats
fail-ends-early = it ends before a capture begins
fail-needs-schedule = --capture needs --schedule and --out
fail-read-key = failed to read the key { $path }: { $source }
fail-not-schedule = { $path } is no schedule: { $source }
fail-not-drawn = { $path } is no schedule: it lists what was played when, but no coin chose the order. In an order that somebody chose, whatever drifts by itself (memory, load, the time of day) goes along with the sounds as a leak would, and no test can tell the two apart. Play a schedule of `muteproof play` and record again
fail-newer-schedule = { $path } is no schedule: format { $format } is newer than this muteproof
fail-bad-key = { $schedule } is no schedule: its key: { $source }
fail-others-key = { $schedule } is no schedule: { $key } is the key of another one
fail-no-clock = the schedule does not say when it was played
fail-bad-muted = --muted { $typed }: it has to look like 70..190, in seconds
fail-other-time = the capture is of another time: its packets are from { $from } to { $to }, and what was played, with --search around it, from { $first } to { $last }; give --began or a wider --search where a clock is wrong
fail-nothing-of-device = nothing of { $device } is in the capture; not read: { $unread }
fail-nothing-read = nothing in the capture can be judged; not read: { $unread }
fail-no-device = no private address sends anything in the capture; name the device by --device
fail-several-devices = { $one } and { $other } both send much; name the device by --device
fail-mic-log = { $path }: { $source }
fail-log-unknown = it is none of the logs that are read: { $known }
fail-log-not-text = it is not text (byte { $at })
fail-log-line = line { $line }: { $why }
fail-table = { $path }, line { $line }: { $why }
fail-no-row = no row of { $path } lies within the schedule: its first column has to be seconds from the schedule's beginning, or wall time (then --began has to say when playing began)
fail-table-fields = it has { $found } fields and not { $expected } as the first line
fail-table-not-utf8 = it is not UTF-8
fail-table-time = `{ $text }` is no time: seconds, Unix time or 2026-01-01T12:00:00Z
fail-table-rows = that is more rows than are taken
fail-table-mixed = column `{ $name }` holds numbers and { $texts } texts
fail-table-no-numbers = no column but the first holds numbers

## Playing

fail-no-sound-server = no sound server of yours was found: log in to a desktop, name its socket by --server, or write a file by --wav and play that
fail-sound-server = the sound server at { $socket } cannot be used: { $source }
fail-player-gone = the player ended
fail-player-ended = the player ended: { $why }
fail-recorder-ended = the recorder ended: { $why }
fail-playing = { $why }; no schedule is written, for not all of it was played

## Plans and attackers

fail-bound = --bound wants bits a block between 0 and 1, not { $bits }
fail-not-positive = { $option } wants a number above 0, not { $value }
fail-alpha = --alpha wants a number between 0 and 1, not { $alpha }
fail-series = --series wants 1 to 100000, not { $series }
fail-flag-wrong = --flag-wrong wants a share from 0 to below 0.5, not { $share }
fail-needs-every = --d and --noise-db need --every: how often is it sent?
fail-needs-clarity = --every needs one of --d and --noise-db: how clear is the value?
fail-one-signal = one signal at a time: --every with --d or --noise-db, or --bytes, or --flag-wrong
fail-range = { $option } { $value }: it goes from { $least } to 86400
fail-no-statistic = there is no statistic `{ $statistic }`: min, mean, max, rms, last
fail-nothing-varied = nothing that left varied while the activities played: there is nothing to learn from
fail-no-activities = no named activities were played in this session; `--profile full` plays them
fail-ended-before-activities = the session ended before its named activities
fail-activity-not-drawn = stretch { $stretch } played `{ $played }`, which the seed did not draw: its labels are no fair draw
fail-not-a-number = { $source }: value { $index } of `{ $channel }` is { $value }; leave such values out or fill them before
fail-no-values = { $source }: there are no values in it; give at least one window of them
fail-uneven = { $source }: `{ $channel }` has { $len } values and `{ $first }` has { $expected }; cut them to one length
fail-no-time = { $what } is { $seconds } s; it has to be more than 0
fail-mixed = { $source }: its values are { $found }, those of the others { $expected }; give each kind an evaluation of its own
fail-one-class = there is only the class `{ $class }`; an attacker names one of two or more
fail-one-source = class `{ $class }` has { $sources } source; it needs two or more, so that it is tried on sounds that it has not heard
fail-two-labels = source `{ $source }` is labelled `{ $one }` and `{ $other }`; a recording has one label: check the folders
fail-no-window = no series lasts a whole window of { $seconds } s; take shorter windows or longer series
fail-not-paired = the two outcomes are not of the same windows and folds; evaluate both on one `Folds`
fail-silent = { $source }: no sound in it; a file needs at least 20 ms above silence
fail-opus = the Opus encoder refuses { $why }
fail-classifier = the classifier refuses: { $why }
fail-sound-unreadable = { $path }: no sound can be read from it ({ $why }); WAV, FLAC, Ogg Vorbis, Opus and MP3 can be
fail-sound-silent = { $path }: there is no sound in it; take it out of the library
fail-no-library = { $path }: there is no sounds.toml; make a library of it with `muteproof sounds import`
fail-no-sounds = { $path }: no sounds in it; wanted are folders named by what is heard, with sound files in them
fail-empty-label = { $path }: no sound files in this folder; fill it or take it away
fail-same-file = { $one } and { $other } are the same file with different labels; keep one
fail-library-exists = { $path } exists; a library is written into a folder of its own

## Failures of the microphone switch

fail-mic = { $what }; { $next }
fail-nothing-done = nothing was done: { $why }
fail-mic-no-server = no sound server answers at { $path }
fail-mic-no-permission = the sound server at { $path } does not let you in
fail-mic-no-place = neither PULSE_SERVER nor XDG_RUNTIME_DIR says where the sound server is
fail-mic-remote = PULSE_SERVER is { $server }, which is no socket of this machine
fail-mic-unknown-source = there is no source `{ $source }`
fail-no-program = there is no program `{ $program }`
fail-mic-pipewire = recordings are not moved on PipeWire, for what it keeps of the moves cannot all be undone
fail-mic-guard-runs = a guard is running already
fail-mic-second-guard = a guard is running already, as process { $process }
fail-mic-guard = the guard does not answer: { $source }
next-server = start PulseAudio or PipeWire, or set PULSE_SERVER
next-permission = run muteproof as the person whose session it is
next-place = run muteproof in your session, or set XDG_RUNTIME_DIR
next-remote = run muteproof on the machine with the microphone
next-program = `muteproof mic watch` tells the files of programs
next-pipewire = `muteproof mic off` switches every microphone off
next-source = `muteproof mic status` lists the sources
next-second-guard = end that one first, or use it: `muteproof mic status`
next-file = make that file yours to write
next-again = try again
