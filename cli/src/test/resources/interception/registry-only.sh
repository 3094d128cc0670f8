register bank 8081
sidecar "$app" order 8080 --interception-mode REDIRECT --outbound-traffic-policy REGISTRY_ONLY
await "$folder/order" 'listens for peers'
within "$java" -Xmx64m -cp "$path" io.fairlead.cli.Fairlead intercept add --outbound-port 15001 \
  --exclude-user 0
echo "declared: $(within $other curl -s --max-time 8 http://10.9.1.1:8081/)"
echo "undeclared: $(within $other curl -s -o /dev/null -w '%{http_code}' --max-time 8 \
  http://10.9.1.1:8082/)"
echo "undeclared and silent: $(ask 10.9.1.1 2525 '' | sed 's/^$/failed/')"
tail -n 20 "$folder/order"
exit 0
