#!/usr/bin/env bash
# Makes the topic and registers the schema, each unless it is there already.
#
# Runs in the Kafka image, which has bash and Kafka's tools but neither curl nor jq for sure: the request
# goes through bash's own /dev/tcp, and the schema is escaped by bash's own substitution.
set -euo pipefail

: "${BOOTSTRAP_SERVERS:?}" "${REGISTRY_HOST:?}" "${REGISTRY_PORT:?}"
: "${TOPIC:?}" "${PARTITIONS:?}" "${SCHEMA_FILE:?}"

# Prints the text of a file as a JSON string. Line ends and tabs become blanks: JSON allows them between
# its tokens only, never bare inside a string, so the schema stays the same.
json_string() {
    local text
    text=$(<"$1")
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    text=${text//[$'\t\r\n']/ }
    printf '"%s"' "$text"
}

# Registering the same schema again answers with the id that it already has.
register() {
    local body length status reply
    body="{\"schemaType\":\"AVRO\",\"schema\":$(json_string "$SCHEMA_FILE")}"
    # Bytes, not characters.
    length=$(LC_ALL=C; printf '%s' "${#body}")
    exec 3<>"/dev/tcp/$REGISTRY_HOST/$REGISTRY_PORT"
    printf '%s\r\n' \
        "POST /subjects/$TOPIC-value/versions HTTP/1.0" \
        "Host: $REGISTRY_HOST:$REGISTRY_PORT" \
        "Content-Type: application/vnd.schemaregistry.v1+json" \
        "Content-Length: $length" \
        "" >&3
    printf '%s' "$body" >&3
    read -r _ status _ <&3 || status=none
    reply=$(cat <&3)
    if [[ $status != 200 ]]; then
        printf 'error: the registry did not take the schema (status %s)\n%s\n' "$status" "$reply" >&2
        return 1
    fi
}

/opt/kafka/bin/kafka-topics.sh --bootstrap-server "$BOOTSTRAP_SERVERS" --create --if-not-exists \
    --topic "$TOPIC" --partitions "$PARTITIONS" --replication-factor 1
register
echo "$TOPIC has $PARTITIONS partitions, $TOPIC-value has its schema"
