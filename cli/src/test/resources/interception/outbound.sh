tool=$1
register bank 8081
fairlead apply --api http://10.9.1.1:7080 -f "$folder/policy.yaml" > "$folder/applied" 2>&1
fairlead gateway -f "$folder/gateway.yaml" --admin 0 --otlp none --access-log "$folder/edge-log" \
  > "$folder/edge" 2>&1 &
sidecar "$app" order 8080 --interception-mode REDIRECT --access-log "$folder/log"
await "$folder/order" 'listens for peers'
await "$folder/edge" 'listens on'
within "$java" -Xmx64m -cp "$path" io.fairlead.cli.Fairlead intercept add --tool $tool \
  --outbound-port 15001 --exclude-user 0 --exclude-outbound-port 8083

echo "by name: $(within $other curl -s -i --max-time 8 --resolve bank:80:10.9.1.1 http://bank/ |
  tr -d '\r' | awk '/^x-mesh/ { mesh = $2 } END { print $0 ", " mesh }')"
echo "by address: $(within $other curl -s --max-time 8 http://10.9.1.1:8081/address)"
echo "unknown: $(within $other curl -s --max-time 8 http://10.9.1.1:8082/unknown)"
echo "unknown in HTTP/2: $(within $other curl -s -o /dev/null -w '%{http_code}' --max-time 8 \
  --http2-prior-knowledge -H 'Host: shop' http://10.9.1.1:8085/)"
await "$folder/edge-log" HTTP
echo "reached in: $(grep -o 'HTTP/[0-9.]*' "$folder/edge-log" | head -1)"
echo "server first: $(ask 10.9.1.1 2525 '')"
echo "half-closed: $(ask 10.9.1.1 2525 hello)"
echo "excluded port: $(within $other curl -s --max-time 8 http://10.9.1.1:8083/)"
echo "excluded user: $(within curl -s --max-time 8 http://10.9.1.1:8082/)"
echo "to the proxy itself: $(within $other curl -s -o /dev/null -w '%{http_code}' --max-time 8 \
  -H 'Host: nowhere' http://127.0.0.1:15001/)"
echo "octets to the proxy itself: $(ask 127.0.0.1 15001 $'\x01\x02\x03\r\n\r\n' |
  grep -q '^HTTP/1.1 400\|failed' && echo failed)"
await "$folder/log" '/unknown'
echo "cluster by address: $(grep ' /address ' "$folder/log" | grep -o '"[a-zA-Z]*"$\|bank' | head -1)"
echo "cluster of unknown: $(grep ' /unknown ' "$folder/log" | grep -o 'PassthroughCluster' | head -1)"
# As if the proxy ran as another user than was said.
within "$java" -Xmx64m -cp "$path" io.fairlead.cli.Fairlead intercept add --tool $tool \
  --outbound-port 15001 --exclude-user 1
code=$(within $other curl -s -o /dev/null -w '%{http_code}' --max-time 8 http://10.9.1.1:8084/loop)
echo "own connections: ${code:0:1}xx, $(grep -c 'was led back to it' "$folder/order") line"
kill -9 $sidecar
wait $sidecar 2> /dev/null
echo "after kill -9: $(within $other curl -s --max-time 3 http://10.9.1.1:8082/ || echo none)"
within "$java" -Xmx64m -cp "$path" io.fairlead.cli.Fairlead intercept remove --tool $tool
echo "rules left: $(within "$java" -Xmx64m -cp "$path" io.fairlead.cli.Fairlead intercept show \
  --tool $tool | grep -c .)"
echo "after removal: $(within $other curl -s --max-time 8 http://10.9.1.1:8082/)"
tail -n 40 "$folder/edge" "$folder/edge-log" "$folder/order" "$folder/log" "$folder/applied"
exit 0
