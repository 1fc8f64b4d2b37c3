/* schema.c - written as JSON; the preprocessor makes a string of it. */
#include "http/schema.h"

#include <assert.h>

#define JSON(...) #__VA_ARGS__

/* clang-format off */
static const char text[] = JSON({
"Id": {"type": "string", "pattern": "^[0-9a-hjkmnp-tv-z]{26}$", "description": "an id; says nothing about a person and sorts by the time it was made"},
"Time": {"type": "string", "format": "date-time", "pattern": "Z$", "description": "UTC"},
"PortTime": {"type": ["string", "null"], "description": "UTC when it ends in Z; else local time of the port, as announced"},
"Problem": {"type": "object", "description": "RFC 9457",
  "required": ["type", "title", "status", "code", "detail", "next", "request_id"], "additionalProperties": false,
  "properties": {
    "type": {"type": "string", "pattern": "^urn:gangway:problem:"},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "code": {"type": "string", "description": "stable; what a program should look at"},
    "detail": {"type": "string", "description": "what was wrong with this request; never names a person"},
    "next": {"type": "string", "description": "what to do now"},
    "request_id": {"type": "string", "pattern": "^([0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
      "description": "the request's X-Request-Id where it had one that is a UUID or an id of ours, else a new one"},
    "offset": {"type": "integer", "description": "byte of the body, or of the part of it that is meant"},
    "problems": {"type": "array", "items": {"$ref": "#/components/schemas/InputProblem"}}}},
"InputProblem": {"type": "object", "additionalProperties": false, "required": ["severity", "code", "text"],
  "properties": {
    "severity": {"enum": ["error", "warning"]},
    "segment": {"type": ["integer", "null"], "description": "which traveler, from 0"},
    "offset": {"type": ["integer", "null"]},
    "tag": {"type": ["string", "null"], "description": "where: a JSON pointer (RFC 6901)"},
    "code": {"type": "string"},
    "text": {"type": "string"}}},
"TravelerStatus": {"enum": ["expected", "declined", "cleared", "inspected", "boarded", "denied", "not_boarded"]},
"ManifestReceipt": {"type": "object", "additionalProperties": false,
  "required": ["voyage", "created", "travelers", "added", "changed", "removed", "late", "statuses", "problems"],
  "properties": {
    "voyage": {"$ref": "#/components/schemas/Id"},
    "created": {"type": "boolean", "description": "the voyage was not known before (201)"},
    "travelers": {"type": "integer", "description": "expected on the voyage now"},
    "added": {"type": "integer"}, "changed": {"type": "integer"}, "removed": {"type": "integer"},
    "late": {"type": "boolean", "description": "came after the announced departure"},
    "statuses": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["reference", "status", "portraits"], "properties": {
        "reference": {"type": ["string", "null"]},
        "status": {"enum": ["expected", "declined", "cleared", "inspected", "boarded", "denied", "not_boarded", "removed"]},
        "portraits": {"type": "integer", "description": "usable ones known now"}}}},
    "problems": {"type": "array", "items": {"$ref": "#/components/schemas/InputProblem"}}}},
"Voyage": {"type": "object", "additionalProperties": false,
  "required": ["voyage", "mode", "direction", "carrier", "number", "from", "to", "departure", "arrival", "state", "closed_at", "purge_at", "travelers", "by_status"],
  "properties": {
    "voyage": {"$ref": "#/components/schemas/Id"},
    "mode": {"enum": ["air", "sea", "land"]},
    "direction": {"enum": ["arrival", "departure", null]},
    "carrier": {"type": "string"}, "number": {"type": "string"}, "from": {"type": "string"}, "to": {"type": "string"},
    "departure": {"$ref": "#/components/schemas/PortTime"}, "arrival": {"$ref": "#/components/schemas/PortTime"},
    "state": {"enum": ["open", "closed"]},
    "closed_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "purge_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}], "description": "when everything about its persons is destroyed; known once closed"},
    "travelers": {"type": "integer"},
    "by_status": {"type": "object", "additionalProperties": {"type": "integer"}}}},
"VoyagePage": {"type": "object", "additionalProperties": false, "required": ["voyages", "cursor"], "properties": {
    "voyages": {"type": "array", "items": {"$ref": "#/components/schemas/Voyage"}},
    "cursor": {"type": ["string", "null"], "description": "of the next page; null: this was the last"}}},
"Traveler": {"type": "object", "additionalProperties": false,
  "required": ["traveler", "kind", "reference", "seat", "status", "portraits"],
  "properties": {
    "traveler": {"$ref": "#/components/schemas/Id"},
    "kind": {"enum": ["passenger", "crew"]},
    "reference": {"type": ["string", "null"], "description": "the carrier's own, for the person on this voyage"},
    "seat": {"type": ["string", "null"]},
    "status": {"$ref": "#/components/schemas/TravelerStatus"},
    "portraits": {"type": "integer"},
    "surname": {"type": ["string", "null"], "description": "for officers, supervisors, and the carrier that sent it"},
    "given_names": {"type": ["string", "null"]},
    "cleared_at": {"$ref": "#/components/schemas/Time"}}},
"CasePerson": {"type": ["object", "null"],
  "required": ["traveler", "status", "boarding_status", "portraits", "surname", "documents", "reference", "seat"],
  "properties": {
    "traveler": {"$ref": "#/components/schemas/Id"},
    "status": {"$ref": "#/components/schemas/TravelerStatus"},
    "boarding_status": {"enum": ["cleared", "inhibited", "selectee", null]},
    "kind": {"enum": ["passenger", "crew"]},
    "surname": {"type": ["string", "null"]}, "given_names": {"type": ["string", "null"]}, "sex": {"type": ["string", "null"]},
    "birth_date": {"type": ["string", "null"]}, "nationality": {"type": ["string", "null"]},
    "documents": {"type": "array", "items": {"type": "object"}, "description": "as announced: type, number, issuing_state, expiry_date"},
    "reference": {"type": ["string", "null"]}, "seat": {"type": ["string", "null"]},
    "portraits": {"type": "array", "items": {"$ref": "#/components/schemas/Id"}, "description": "photos; in the case only"}}},
"Inspection": {"type": "object", "additionalProperties": false, "required": ["inspection", "voyage", "carrier", "number", "from", "to", "site", "cause", "reason", "text", "severity", "state", "opened_at", "claimed_at", "claimed_by", "claimed_until", "decided_at", "decided_by", "closed_at", "method", "result", "decline", "mismatch", "may_clear", "traveler"],
  "properties": {
    "inspection": {"$ref": "#/components/schemas/Id"}, "voyage": {"$ref": "#/components/schemas/Id"},
    "carrier": {"type": "string"}, "number": {"type": "string"}, "from": {"type": "string"}, "to": {"type": "string"},
    "site": {"type": ["string", "null"], "description": "where the person stands"},
    "cause": {"enum": ["verification", "decline", "boarding_status"]},
    "reason": {"type": "string"}, "text": {"type": "string", "description": "the reason in words"}, "severity": {"enum": ["routine", "notice", "alert"]},
    "state": {"enum": ["open", "claimed", "referred", "closed"]},
    "opened_at": {"$ref": "#/components/schemas/Time"},
    "claimed_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}], "description": "first"},
    "claimed_by": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}], "description": "the token that has it now"},
    "claimed_until": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "decided_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}], "description": "first outcome"},
    "decided_by": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]}, "closed_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "method": {"enum": ["document", "biometric_recheck", "biographic", "fingerprint", null]},
    "result": {"enum": ["cleared", "denied", "referred", "lapsed", null], "description": "lapsed: the voyage was closed first"},
    "decline": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]},
    "mismatch": {"type": "boolean", "description": "the face was compared with the traveler's portraits and is not like them"},
    "may_clear": {"type": "boolean", "description": "false: an officer can refer or deny only"},
    "traveler": {"$ref": "#/components/schemas/CasePerson", "description": "who it is, where that is sure"}}},
"InspectionPage": {"type": "object", "additionalProperties": false, "required": ["inspections", "cursor"], "properties": {
    "inspections": {"type": "array", "items": {"$ref": "#/components/schemas/Inspection"}},
    "cursor": {"type": ["string", "null"]}}},
"Case": {"type": "object", "additionalProperties": false, "required": ["inspection", "voyage", "carrier", "number", "from", "to", "site", "cause", "reason", "text", "severity", "state", "opened_at", "claimed_at", "claimed_by", "claimed_until", "decided_at", "decided_by", "closed_at", "method", "result", "decline", "mismatch", "may_clear", "traveler", "candidate", "verification"],
  "properties": {
    "inspection": {"$ref": "#/components/schemas/Id"}, "voyage": {"$ref": "#/components/schemas/Id"},
    "carrier": {"type": "string"}, "number": {"type": "string"}, "from": {"type": "string"}, "to": {"type": "string"},
    "site": {"type": ["string", "null"], "description": "where the person stands"},
    "cause": {"enum": ["verification", "decline", "boarding_status"]},
    "reason": {"type": "string"}, "text": {"type": "string", "description": "the reason in words"}, "severity": {"enum": ["routine", "notice", "alert"]},
    "state": {"enum": ["open", "claimed", "referred", "closed"]},
    "opened_at": {"$ref": "#/components/schemas/Time"},
    "claimed_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}], "description": "first"},
    "claimed_by": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}], "description": "the token that has it now"},
    "claimed_until": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "decided_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}], "description": "first outcome"},
    "decided_by": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]}, "closed_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "method": {"enum": ["document", "biometric_recheck", "biographic", "fingerprint", null]},
    "result": {"enum": ["cleared", "denied", "referred", "lapsed", null], "description": "lapsed: the voyage was closed first"},
    "decline": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]},
    "mismatch": {"type": "boolean", "description": "the face was compared with the traveler's portraits and is not like them"},
    "may_clear": {"type": "boolean", "description": "false: an officer can refer or deny only"},
    "traveler": {"$ref": "#/components/schemas/CasePerson", "description": "who it is, where that is sure"},
    "candidate": {"$ref": "#/components/schemas/CasePerson", "description": "whom the picture resembled most; that alone says nothing"},
    "verification": {"anyOf": [{"$ref": "#/components/schemas/VerificationRecord"}, {"type": "null"}], "description": "the one that failed; its photo is the live picture"}}},
"OutcomeBody": {"type": "object", "additionalProperties": false, "required": ["method", "result"], "properties": {
    "method": {"enum": ["document", "biometric_recheck", "biographic", "fingerprint"]},
    "result": {"enum": ["cleared", "denied", "referred"]},
    "reference": {"type": ["string", "null"], "description": "whose document it was, where the case does not say; or"},
    "document_number": {"type": ["string", "null"]}, "issuing_state": {"type": ["string", "null"]}}},
"InspectionReport": {"type": "object", "additionalProperties": false, "required": ["rows"], "properties": {
    "rows": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["site", "cause", "opened", "cleared", "denied", "referred", "lapsed", "waiting", "to_claim", "to_outcome"], "properties": {
        "site": {"type": ["string", "null"]}, "cause": {"enum": ["verification", "decline", "boarding_status"]},
        "opened": {"type": "integer"}, "cleared": {"type": "integer"}, "denied": {"type": "integer"},
        "referred": {"type": "integer", "description": "with the supervisor now"},
        "lapsed": {"type": "integer", "description": "the voyage was closed first"}, "waiting": {"type": "integer"},
        "to_claim": {"$ref": "#/components/schemas/Wait"}, "to_outcome": {"$ref": "#/components/schemas/Wait"}}}}}},
"Wait": {"type": "object", "additionalProperties": false, "required": ["median_s", "p90_s"], "properties": {
    "median_s": {"type": ["number", "null"]}, "p90_s": {"type": ["number", "null"]}}},
"BoardingStatusBody": {"type": "object", "additionalProperties": false, "required": ["voyage", "boarding_status"], "properties": {
    "voyage": {"$ref": "#/components/schemas/Id"},
    "reference": {"type": ["string", "null"], "description": "whose status it is; or"},
    "document_number": {"type": ["string", "null"]}, "issuing_state": {"type": ["string", "null"]},
    "boarding_status": {"enum": ["cleared", "inhibited", "selectee"]},
    "as_of": {"type": ["string", "null"], "description": "when the authority said so; older than what is known changes nothing"}}},
"BoardingStatus": {"type": "object", "additionalProperties": false,
  "required": ["voyage", "traveler", "boarding_status", "as_of", "changed", "undone", "status"], "properties": {
    "voyage": {"$ref": "#/components/schemas/Id"},
    "traveler": {"$ref": "#/components/schemas/PassedTraveler"},
    "boarding_status": {"enum": ["cleared", "inhibited", "selectee"], "description": "in force now"},
    "as_of": {"$ref": "#/components/schemas/Time"},
    "changed": {"type": "boolean"},
    "undone": {"type": "boolean", "description": "a clear was undone and an inspection waits"},
    "status": {"$ref": "#/components/schemas/TravelerStatus"}}},
"Alert": {"type": "object", "additionalProperties": false,
  "required": ["alert", "kind", "text", "severity", "at", "voyage", "verification", "inspection", "traveler", "state", "acknowledged_at", "acknowledged_by"],
  "properties": {
    "alert": {"$ref": "#/components/schemas/Id"},
    "kind": {"enum": ["duplicate_clear", "presentation_attack", "referral", "clear_undone", "inhibited_on_board", "late_manifest", "missing_manifest", "over_age_data", "undelivered"]},
    "text": {"type": "string", "description": "what it is, in words"},
    "severity": {"enum": ["routine", "notice", "alert"]},
    "at": {"$ref": "#/components/schemas/Time"},
    "voyage": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]},
    "verification": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]},
    "inspection": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]},
    "traveler": {"$ref": "#/components/schemas/PassedTraveler"},
    "state": {"enum": ["open", "acknowledged"]},
    "acknowledged_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "acknowledged_by": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}], "description": "a token"}}},
"AlertPage": {"type": "object", "additionalProperties": false, "required": ["alerts", "cursor"], "properties": {
    "alerts": {"type": "array", "items": {"$ref": "#/components/schemas/Alert"}},
    "cursor": {"type": ["string", "null"]}}},
"TravelerPage": {"type": "object", "additionalProperties": false, "required": ["travelers", "cursor"], "properties": {
    "travelers": {"type": "array", "items": {"$ref": "#/components/schemas/Traveler"}},
    "cursor": {"type": ["string", "null"]}}},
"Readiness": {"type": "object", "additionalProperties": false,
  "required": ["voyage", "portraits", "gallery", "late", "first_manifest_at", "last_manifest_at"],
  "properties": {
    "voyage": {"$ref": "#/components/schemas/Id"},
    "portraits": {"type": "object", "additionalProperties": false, "required": ["expected", "covered", "covered_by_several", "not_photographed", "uncovered"], "properties": {
      "expected": {"type": "integer", "description": "travelers whom a rule in force allows to photograph, and who have not declined"},
      "covered": {"type": "integer", "description": "travelers with a usable portrait"},
      "covered_by_several": {"type": "integer"},
      "not_photographed": {"type": "integer", "description": "expected on board, but no rule in force allows to photograph them: they are met by hand"},
      "uncovered": {"type": "array", "description": "for a manual check before boarding", "items": {"$ref": "#/components/schemas/Traveler"}}}},
    "gallery": {"type": "object", "additionalProperties": false, "required": ["state", "persons", "templates"], "properties": {
      "state": {"enum": ["absent", "building", "ready"]},
      "persons": {"type": "integer"}, "templates": {"type": "integer"}}},
    "late": {"type": "boolean"},
    "first_manifest_at": {"$ref": "#/components/schemas/Time"},
    "last_manifest_at": {"$ref": "#/components/schemas/Time"}}},
"PortraitReceipt": {"type": "object", "additionalProperties": false,
  "required": ["portrait", "created", "quality", "quality_components", "voyages"],
  "properties": {
    "portrait": {"$ref": "#/components/schemas/Id"},
    "created": {"type": "boolean", "description": "false: this source's portrait of the document was replaced, or is the same (200)"},
    "quality": {"type": "number", "minimum": 0, "maximum": 100},
    "quality_components": {"type": "object", "additionalProperties": {"type": "number"}},
    "voyages": {"type": "integer", "description": "open voyages that expect the document and have it in their gallery now"}}},
"PassedTraveler": {"type": ["object", "null"], "additionalProperties": false, "required": ["reference", "seat"], "properties": {
    "reference": {"type": ["string", "null"]}, "seat": {"type": ["string", "null"]}}},
"Verification": {"type": "object", "additionalProperties": false,
  "required": ["verification", "decision", "guidance", "receipt", "traveler", "attempt", "attempts_left", "elapsed_ms"],
  "properties": {
    "receipt": {"anyOf": [{"$ref": "#/components/schemas/ReceiptNumber"}, {"type": "null"}], "description": "for the traveler; null with retry"},
    "verification": {"$ref": "#/components/schemas/Id"},
    "decision": {"enum": ["clear", "retry", "inspect"]},
    "guidance": {"enum": ["move_closer", "move_back", "look_at_camera", "remove_mask", "more_light", "one_person_only", "hold_still", null]},
    "traveler": {"$ref": "#/components/schemas/PassedTraveler"},
    "attempt": {"type": "integer", "minimum": 1},
    "attempts_left": {"type": "integer", "minimum": 0},
    "elapsed_ms": {"type": "number"}}},
"VerificationRecord": {"type": "object", "additionalProperties": false,
  "required": ["verification", "device", "at", "decision", "guidance", "attempt", "attempts_left", "elapsed_ms", "reason", "text", "severity", "gallery_persons", "traveler"],
  "properties": {
    "verification": {"$ref": "#/components/schemas/Id"},
    "device": {"$ref": "#/components/schemas/Id"},
    "at": {"$ref": "#/components/schemas/Time"},
    "decision": {"enum": ["clear", "retry", "inspect"]},
    "guidance": {"type": ["string", "null"]},
    "attempt": {"type": "integer"}, "attempts_left": {"type": "integer"}, "elapsed_ms": {"type": "number"},
    "reason": {"type": "string", "description": "a code of docs/reasons.md"},
    "text": {"type": "string"},
    "severity": {"enum": ["routine", "notice", "alert"]},
    "score": {"type": "number", "description": "cosine with the best person"},
    "next_score": {"type": "number"}, "threshold": {"type": "number"},
    "quality": {"type": "number"}, "liveness": {"type": "number"},
    "gallery_persons": {"type": "integer"},
    "photo": {"$ref": "#/components/schemas/Id"},
    "traveler": {"$ref": "#/components/schemas/PassedTraveler"}}},
"VerificationPage": {"type": "object", "additionalProperties": false, "required": ["verifications", "cursor"], "properties": {
    "verifications": {"type": "array", "items": {"$ref": "#/components/schemas/VerificationRecord"}},
    "cursor": {"type": ["string", "null"]}}},
"DeclineBody": {"type": "object", "additionalProperties": false, "description": "who, where it is known; may be left out", "properties": {
    "reference": {"type": ["string", "null"]}, "document_number": {"type": ["string", "null"]}, "issuing_state": {"type": ["string", "null"]}}},
"ReceiptNumber": {"type": "string", "pattern": "^[0-9a-z]{26}-[0-9a-z]{16}$", "description": "GET /v1/receipts/{receipt}; whoever has it can read it"},
"Receipt": {"type": "object", "additionalProperties": false, "required": ["outcome", "at", "voyage", "destroyed_by", "destroyed_at", "head", "size", "proofs"],
  "description": "gangway audit receipt verifies it with the log's public key alone", "properties": {
    "receipt": {"$ref": "#/components/schemas/ReceiptNumber"},
    "outcome": {"enum": ["cleared", "see_officer", "try_again", "declined", "destroyed"]},
    "at": {"$ref": "#/components/schemas/Time"},
    "case": {"type": "string", "description": "to name it on the telephone"},
    "voyage": {"$ref": "#/components/schemas/Id"},
    "class": {"type": ["string", "null"], "description": "of retention"},
    "rule": {"type": ["string", "null"], "description": "pack and rule that were applied"},
    "photo_until": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}], "description": "how long an officer can see the live picture; null: it was not kept"},
    "hours_after_close_at_most": {"type": "integer", "description": "everything is destroyed so long after the voyage's close at the latest"},
    "destroyed_by": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}], "description": "when it is due; known once the voyage is closed"},
    "destroyed_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "keys": {"type": "integer"}, "travelers": {"type": "integer"},
    "head": {"type": "string"}, "size": {"type": "integer"},
    "proofs": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["leaf", "entry", "path"], "properties": {
      "leaf": {"type": "integer"}, "entry": {"type": "string"}, "path": {"type": "array", "items": {"type": "string"}}}}}}},
"Decline": {"type": "object", "additionalProperties": false, "required": ["decline", "decision", "receipt", "traveler"], "properties": {
    "receipt": {"$ref": "#/components/schemas/ReceiptNumber"},
    "decline": {"$ref": "#/components/schemas/Id"},
    "decision": {"const": "inspect"},
    "traveler": {"$ref": "#/components/schemas/PassedTraveler"}}},
"PhotoApprovalBody": {"type": "object", "additionalProperties": false, "required": ["token", "photos"], "properties": {
    "token": {"$ref": "#/components/schemas/Id"}, "photos": {"type": "integer", "minimum": 1, "maximum": 10000}}},
"PhotoApproval": {"type": "object", "additionalProperties": false, "required": ["approval", "token", "photos", "until"], "properties": {
    "approval": {"$ref": "#/components/schemas/Id"}, "token": {"$ref": "#/components/schemas/Id"},
    "photos": {"type": "integer"}, "until": {"$ref": "#/components/schemas/Time"}}},
"AccessReport": {"type": "object", "additionalProperties": false, "required": ["from", "to", "accesses", "approvals", "by_purpose"], "properties": {
    "from": {"$ref": "#/components/schemas/Time"}, "to": {"$ref": "#/components/schemas/Time"},
    "accesses": {"type": "integer"}, "approvals": {"type": "integer", "description": "times a second person allowed more"},
    "by_purpose": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["purpose", "role", "photos_of", "site", "accesses", "photos", "askers", "cases"], "properties": {
        "purpose": {"enum": ["inspection", "referral", "redress", "investigation"]},
        "role": {"enum": ["officer", "supervisor"]},
        "photos_of": {"enum": ["probe", "portrait"]},
        "site": {"type": ["string", "null"], "description": "of who asked; null: any"},
        "accesses": {"type": "integer"}, "photos": {"type": "integer"}, "askers": {"type": "integer"}, "cases": {"type": "integer"}}}}}},
"AuditHead": {"type": "object", "additionalProperties": false, "required": ["size", "root", "at", "key", "note", "cosignatures"], "properties": {
    "size": {"type": "integer", "description": "entries the head is over"},
    "root": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "at": {"$ref": "#/components/schemas/Time"},
    "key": {"type": "string", "description": "public key: NAME+ID+KEY; take it from somewhere else than here"},
    "note": {"type": "string", "description": "the signed text (c2sp.org/tlog-checkpoint)"},
    "cosignatures": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["witness", "at", "line"], "properties": {
      "witness": {"type": "string"}, "at": {"$ref": "#/components/schemas/Time"}, "line": {"type": "string"}}}}}},
"AuditEntries": {"type": "object", "additionalProperties": false, "required": ["from", "size", "entries", "next"], "properties": {
    "from": {"type": "integer"}, "size": {"type": "integer", "description": "of the log now"},
    "entries": {"type": "array", "items": {"type": "string", "description": "JSON, byte for byte as it is hashed; docs/audit.md says what is in it"}},
    "next": {"type": ["integer", "null"], "description": "from, of the next page; null: this was the last"}}},
"AuditProof": {"type": "object", "additionalProperties": false, "required": ["path"], "description": "gangway audit prove --check verifies it without this service", "properties": {
    "leaf": {"type": "integer"}, "size": {"type": "integer"}, "entry": {"type": "string"},
    "first": {"type": "integer"}, "second": {"type": "integer"},
    "path": {"type": "array", "items": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
    "head": {"type": ["string", "null"], "description": "signed head of that size; null: none was signed"},
    "first_head": {"type": ["string", "null"]}, "second_head": {"type": ["string", "null"]}}},
"Notice": {"type": "object", "additionalProperties": false, "description": "docs/policy.md says how to show it",
  "required": ["site", "mode", "direction", "language", "text_direction", "languages", "version", "pack", "authority", "effective_from", "effective_until",
    "title", "introduction", "groups", "closing", "text"],
  "properties": {
    "site": {"type": "string"}, "mode": {"enum": ["air", "sea", "land", null]}, "direction": {"enum": ["arrival", "departure", null]},
    "language": {"type": "string", "description": "BCP 47"}, "text_direction": {"enum": ["ltr", "rtl"]},
    "languages": {"type": "array", "items": {"type": "string"}, "description": "the notice can be had in, the authority's own first"},
    "version": {"type": "string", "pattern": "^[0-9a-f]{16}$", "description": "another text has another version; it stands on what is posted"},
    "pack": {"type": "string"}, "authority": {"type": "string"},
    "effective_from": {"type": "string", "format": "date"},
    "effective_until": {"type": ["string", "null"], "format": "date", "description": "the last day, if one is set"},
    "title": {"type": "string"}, "introduction": {"type": "string"},
    "groups": {"type": "array", "description": "persons to whom the same is said, in the order of the rules", "items": {"type": "object", "additionalProperties": false,
      "required": ["who", "photo", "alternative", "sentences"], "properties": {
        "who": {"type": "string"},
        "photo": {"enum": ["required", "voluntary", "exempt", "not_authorised"]},
        "alternative": {"enum": ["document_inspection", "officer_referral", "none"], "description": "for whoever declines"},
        "sentences": {"type": "array", "items": {"type": "string"}, "description": "the first names them and says whether they are photographed"}}}},
    "closing": {"type": "string"},
    "text": {"type": "string", "description": "all of it, as plain text"}}},
"HoldBody": {"type": "object", "additionalProperties": false, "required": ["reason", "until"], "properties": {
    "reason": {"type": "string", "description": "the number of the order: 1 to 64 of A-Z a-z 0-9 . _ : + / - and no name"},
    "until": {"$ref": "#/components/schemas/Time"}}},
"Hold": {"type": "object", "additionalProperties": false, "required": ["hold", "voyage", "reason", "placed_at", "until"], "properties": {
    "hold": {"$ref": "#/components/schemas/Id"}, "voyage": {"$ref": "#/components/schemas/Id"}, "reason": {"type": "string"},
    "placed_at": {"$ref": "#/components/schemas/Time"}, "until": {"$ref": "#/components/schemas/Time"}}},
"HoldReleased": {"type": "object", "additionalProperties": false, "required": ["hold", "released"], "properties": {
    "hold": {"$ref": "#/components/schemas/Id"}, "released": {"const": true}}},
"RetentionReport": {"type": "object", "additionalProperties": false,
  "required": ["as_of", "over_age", "keys_waiting", "classes", "keys", "holds", "purged_since_start"], "properties": {
    "as_of": {"$ref": "#/components/schemas/Time"},
    "over_age": {"type": "integer", "description": "older than its clock allows, and not held; should be 0"},
    "keys_waiting": {"type": "integer", "description": "destroyed keys not overwritten on the disk yet; should be 0"},
    "classes": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["class", "kept", "over_age", "oldest", "next_due"], "properties": {
        "class": {"enum": ["voyage", "probe", "portrait", "portrait_photo", "answer"]},
        "kept": {"type": "integer"}, "over_age": {"type": "integer"},
        "oldest": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
        "next_due": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]}}}},
    "keys": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["class", "keys", "oldest"], "properties": {
        "class": {"type": "string"}, "keys": {"type": "integer"}, "oldest": {"$ref": "#/components/schemas/Time"}}}},
    "holds": {"type": "array", "items": {"$ref": "#/components/schemas/Hold"}},
    "purged_since_start": {"type": "object", "additionalProperties": {"type": "integer"}}}},
"CloseBody": {"type": "object", "additionalProperties": false, "properties": {
    "boarded": {"type": ["array", "null"], "items": {"type": "string"}, "description": "references of those on board; left out: those cleared or inspected are"}}},
"Close": {"type": "object", "additionalProperties": false,
  "required": ["voyage", "boarded", "not_boarded", "boarded_references", "not_boarded_references", "unexpected", "cleared_not_boarded", "closed_at", "purge_at", "already"],
  "properties": {
    "voyage": {"$ref": "#/components/schemas/Id"},
    "boarded": {"type": "integer"}, "not_boarded": {"type": "integer"},
    "boarded_references": {"type": "array", "items": {"type": "string"}},
    "not_boarded_references": {"type": "array", "items": {"type": "string"}},
    "unexpected": {"type": "array", "items": {"type": "string"}, "description": "on board, but on no manifest"},
    "cleared_not_boarded": {"type": "integer"},
    "closed_at": {"$ref": "#/components/schemas/Time"},
    "purge_at": {"$ref": "#/components/schemas/Time"},
    "already": {"type": "boolean", "description": "it was closed before; nothing changed"}}},
"ManifestBody": {"type": "object", "description": "docs/manifest.md", "required": ["voyage", "travelers"], "properties": {
    "kind": {"type": "string"}, "function": {"type": ["string", "null"]},
    "voyage": {"type": "object"}, "travelers": {"type": "array", "items": {"type": "object"}}}},
"PortraitForm": {"type": "object", "required": ["portrait", "document_number", "issuing_state", "source"], "properties": {
    "portrait": {"type": "string", "format": "binary"},
    "document_number": {"type": "string"}, "issuing_state": {"type": "string", "description": "three letters"},
    "source": {"enum": ["chip", "passport", "visa", "encounter", "application"]},
    "captured_on": {"type": "string", "format": "date"}}},
"Role": {"enum": ["device", "carrier", "officer", "supervisor", "auditor", "admin"]},
"Me": {"type": "object", "additionalProperties": false, "required": ["token", "role", "site", "carrier"], "properties": {
    "token": {"$ref": "#/components/schemas/Id"}, "role": {"$ref": "#/components/schemas/Role"},
    "site": {"type": ["string", "null"]}, "carrier": {"type": ["string", "null"]}}},
"TokenList": {"type": "object", "additionalProperties": false, "required": ["tokens"], "properties": {
    "tokens": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["token", "role", "site", "carrier", "label", "state", "created_at", "expires_at", "credential"], "properties": {
        "token": {"$ref": "#/components/schemas/Id"}, "role": {"$ref": "#/components/schemas/Role"},
        "site": {"type": ["string", "null"]}, "carrier": {"type": ["string", "null"]},
        "label": {"type": "string", "description": "the operator's own words"},
        "state": {"enum": ["valid", "expired", "revoked"]},
        "created_at": {"$ref": "#/components/schemas/Time"}, "expires_at": {"$ref": "#/components/schemas/Time"},
        "credential": {"enum": ["secret", "certificate"]}}}}}},
"SettingList": {"type": "object", "additionalProperties": false, "required": ["settings"], "properties": {
    "settings": {"type": "array", "items": {"type": "object", "additionalProperties": false,
      "required": ["name", "value", "default", "reloadable", "help"], "properties": {
        "name": {"type": "string"}, "value": {"type": "string"}, "default": {"type": "string"},
        "reloadable": {"type": "boolean", "description": "taken over on SIGHUP"}, "help": {"type": "string"}}}}}},
"Health": {"type": "object", "required": ["status"], "additionalProperties": false, "properties": {"status": {"const": "ok"}}},
"Ready": {"type": "object", "required": ["status", "at"], "additionalProperties": false, "properties": {
    "status": {"const": "ready"}, "at": {"$ref": "#/components/schemas/Time"}}},
"OpenApi": {"type": "object", "required": ["openapi", "info", "paths", "components"], "additionalProperties": false, "properties": {
    "openapi": {"const": "3.1.0"},
    "info": {"type": "object"}, "paths": {"type": "object"}, "components": {"type": "object"}}}
});
/* clang-format on */

struct gw_json *gw_schema_all(void)
{
    struct gw_err err = {};
    struct gw_json *j = gw_json_parse(gw_span_str(text), &err);
    assert(j != NULL); /* ours; tests/http/openapi_test.c reads it */
    return j;
}
