#!/bin/sh
# walk.sh - a voyage from manifest to close with nothing but curl.
#
#     GANGWAY=http://127.0.0.1:8090 CARRIER=token DEVICE=token OFFICER=token \
#         examples/walk.sh PORTRAIT.jpg LIVE.jpg
#
# Tokens come from `gangway user add … --role carrier --carrier XX`, `--role officer`
# and `gangway device add … --site YVR`. Ends with 0 if the person in LIVE was cleared.
set -eu
: "${GANGWAY:=http://127.0.0.1:8090}" "${CARRIER:?}" "${DEVICE:?}" "${OFFICER:?}"
portrait=$1 live=$2

# Tokens go to curl in a file, so that `ps` does not show them.
config=$(mktemp)
trap 'rm -f "$config"' EXIT
ask() { # TOKEN METHOD PATH [curl options]
    printf 'header = "Authorization: Bearer %s"\n' "$1" > "$config"
    method=$2 path=$3
    shift 3
    curl --config "$config" --silent --show-error --fail-with-body --request "$method" "$@" "$GANGWAY$path"
}
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }
key() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
failed() { echo "walk: $answer" >&2; exit 1; } # with what the service says is wrong
later() { date -u -d "+$1 hours" +%Y-%m-%dT%H:%MZ; }

number=$((0x$(key | cut -c 1-6) % 9000 + 1000)) # another flight each time: this one is closed at the end

echo "1. The carrier says who is expected. An Idempotency-Key makes asking again safe."
answer=$(ask "$CARRIER" POST /v1/manifests -H "Content-Type: application/json" -H "Idempotency-Key: $(key)" --data @- <<END
{"kind": "passenger_list",
 "voyage": {"mode": "air", "direction": "departure", "carrier": "XX", "number": "$number", "from": "YVR", "to": "JFK",
            "departure": "$(later 2)", "arrival": "$(later 7)"},
 "travelers": [{"kind": "passenger", "surname": "EXAMPLE", "given_names": "ANNA", "sex": "F", "birth_date": "1980-01-01", "nationality": "UTO",
                "documents": [{"type": "P", "number": "X1234567", "issuing_state": "UTO", "expiry_date": "2035-01-01"}],
                "reference": "R1", "seat": "12A"}]}
END
) || failed
voyage=$(printf '%s' "$answer" | field voyage)
echo "   voyage $voyage"

echo "2. Her portrait: before or after the manifest, for a document."
answer=$(ask "$CARRIER" PUT /v1/portraits -H "Content-Type: image/jpeg" -H "X-Document-Number: X1234567" -H "X-Issuing-State: UTO" \
    -H "X-Portrait-Source: passport" --data-binary "@$portrait") || failed

echo "3. Is everybody covered?"
ask "$CARRIER" GET "/v1/voyages/$voyage/readiness"

echo "4. The gate: a live picture. clear lets her pass; retry says what to do; inspect sends her to a person."
for _ in 1 2 3; do
    answer=$(ask "$DEVICE" POST "/v1/voyages/$voyage/verifications" -H "Content-Type: image/jpeg" -H "Idempotency-Key: $(key)" --data-binary "@$live") ||
        failed
    decision=$(printf '%s' "$answer" | field decision)
    echo "   $answer"
    [ "$decision" = retry ] || break
done

echo "5. What the officer sees of it, with the reason."
ask "$OFFICER" GET "/v1/voyages/$voyage/verifications"

echo "6. The doors are closed: who is on board."
boarded=
[ "$decision" = clear ] && boarded='"R1"'
ask "$CARRIER" POST "/v1/voyages/$voyage/close" -H "Content-Type: application/json" --data "{\"boarded\": [$boarded]}"
[ "$decision" = clear ]
