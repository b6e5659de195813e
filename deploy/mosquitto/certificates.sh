#!/bin/sh
# Certificates for a broker and whoever speaks to it, under an authority of your own.
#
#   certificates.sh FOLDER authority             once; keep ca.key off the broker's machine
#   certificates.sh FOLDER broker HOST...        host names or IPv4 addresses, the first is its name
#   certificates.sh FOLDER terminal NAME         NAME.pem and NAME.key for a terminal or a camera
#   certificates.sh FOLDER service NAME          the same for Vehicle Guard: vehicleguard-ingest
#
# DAYS says for how long (825; the authority: 3650).  Needs openssl 1.1.1 or later.
set -eu
umask 077

fail() { echo "certificates.sh: $1" >&2; exit 2; }

[ $# -ge 2 ] || fail "expected FOLDER and one of authority, broker, terminal, service"
folder=$1 what=$2
shift 2
days=${DAYS:-825}

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

# issue NAME USE ALTERNATIVE-NAMES: a key, and a certificate signed by the authority
issue() {
	name=$1 use=$2 names=$3
	[ -f "$folder/ca.key" ] || fail "no authority in $folder: certificates.sh $folder authority"
	[ ! -e "$folder/$name.pem" ] || fail "$folder/$name.pem is there already"
	key "$folder/$name.key"
	{
		echo "basicConstraints = CA:FALSE"
		echo "keyUsage = digitalSignature"
		echo "extendedKeyUsage = $use"
		[ -z "$names" ] || echo "subjectAltName = $names"
	} > "$folder/$name.ext"
	openssl req -new -key "$folder/$name.key" -subj "/CN=$name" -out "$folder/$name.csr"
	openssl x509 -req -in "$folder/$name.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
		-set_serial "0x$(openssl rand -hex 16)" -days "$days" -sha256 \
		-extfile "$folder/$name.ext" -out "$folder/$name.pem" 2>/dev/null
	rm "$folder/$name.ext" "$folder/$name.csr"
	chmod 644 "$folder/$name.pem"
	echo "$folder/$name.pem"
}

# A name becomes a topic level: what separates or matches levels must not stand in it.
checked() {
	case $1 in
	"" | *[!A-Za-z0-9._-]*) fail "expected a name of letters, digits, dot, dash and underscore: '$1'" ;;
	esac
	[ ${#1} -le 64 ] || fail "expected a name of up to 64 characters: '$1'"
}

case $what in
authority)
	mkdir -p "$folder"
	[ ! -e "$folder/ca.key" ] || fail "$folder/ca.key is there already"
	key "$folder/ca.key"
	openssl req -x509 -new -key "$folder/ca.key" -sha256 -days "${DAYS:-3650}" \
		-subj "/CN=Vehicle Guard authority" -out "$folder/ca.pem"
	chmod 644 "$folder/ca.pem"
	echo "$folder/ca.pem"
	;;
broker)
	[ $# -ge 1 ] || fail "expected the broker's host names or addresses"
	names=
	for host; do
		checked "$host"
		case $host in
		*[!0-9.]*) kind=DNS ;;
		*) kind=IP ;;
		esac
		names="${names:+$names,}$kind:$host"
	done
	issue broker serverAuth "$names"
	;;
terminal | service)
	[ $# -eq 1 ] || fail "expected one name"
	checked "$1"
	case $what:$1 in
	terminal:vehicleguard-* | terminal:camera | terminal:broker | terminal:ca)
		fail "'$1' is the name of something else" ;;
	service:vehicleguard-*) ;;
	service:*) fail "a service's name begins with vehicleguard-: '$1'" ;;
	esac
	issue "$1" clientAuth ""
	;;
*) fail "expected one of authority, broker, terminal, service, found '$what'" ;;
esac
