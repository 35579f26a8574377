# Asks the process of the stand-ins for a provider, tells the engine its port, and lives as long as both do: the engine
# ends this process when it needs the provider no more, and the provider ends with the connection.
# usage: source stand-in.bash <name of the provider>

if [[ -z ${EDGE_VISION_STAND_INS-} ]]; then
  echo "EDGE_VISION_STAND_INS is not set: this stand-in is started by edge-vision, not by hand." >&2
  exit 2
fi
exec 3<>"/dev/tcp/127.0.0.1/$EDGE_VISION_STAND_INS"
echo "$1" >&3
read -r port <&3 || exit 1
echo "$port"

# An engine that was killed ends nothing.
while kill -0 "$PPID" 2>/dev/null; do
  read -r -t 1 <&3
  [[ $? -gt 128 ]] || exit 1
done
