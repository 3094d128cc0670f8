mode=$1; tool=$2
within "$java" -Xmx64m -cp "$path" io.fairlead.cli.InterceptionPeers http order 8080 \
  http second 9090 http third 9091 banner 9025 > "$folder/apps" 2>&1 &
sidecar "$here" shop 8081 --inbound 10.9.1.1:15006 --outbound 15101 --admin 0
start() { # policy of undeclared ports
  sidecar "$app" order 8080 --interception-mode $mode --inbound 0.0.0.0:15006 --address 10.9.1.2 \
    --undeclared-ports $1 --access-log "$folder/log"
  await "$folder/order" 'is ready'
}
start PASS_THROUGH
await "$folder/shop" 'is ready'
within "$java" -Xmx64m -cp "$path" io.fairlead.cli.Fairlead intercept add --mode $mode --tool $tool \
  --outbound-port 15001 --inbound-port 15006 --exclude-user 0 --exclude-inbound-port 9091 \
  --app-port 8080
for i in $(seq 50); do
  [ "$(curl -s -o /dev/null -w '%{http_code}' -x http://127.0.0.1:15101 http://order/)" = 200 ] && break
  sleep 0.2
done
echo "from the mesh: $(curl -s --max-time 8 -x http://127.0.0.1:15101 http://order/mesh)"
echo "from itself: $(within $other curl -s --max-time 8 --resolve order:80:10.9.1.1 http://order/)"
echo "plain text: $(get http://10.9.1.2:8080/)"
echo "undeclared port: $(get http://10.9.1.2:9090/)"
echo "undeclared server first: $("$java" -Xmx32m -cp "$path" io.fairlead.cli.InterceptionPeers \
  ask 10.9.1.2 9025 '')"
echo "excluded port: $(get http://10.9.1.2:9091/)"
await "$folder/log" ' /mesh '
echo "client seen: $(grep ' /mesh ' "$folder/log" | grep -o '10\.9\.1\.1' | head -1)"
kill $sidecar
wait $sidecar 2> /dev/null
start REFUSE
echo "refused undeclared port: $(get http://10.9.1.2:9090/)"
within "$java" -Xmx64m -cp "$path" io.fairlead.cli.Fairlead intercept remove \
  --tool $tool
echo "rules left: $(within "$java" -Xmx64m -cp "$path" io.fairlead.cli.Fairlead intercept show \
  --tool $tool | grep -c .)"
tail -n 40 "$folder/order" "$folder/log" "$folder/shop"
exit 0
