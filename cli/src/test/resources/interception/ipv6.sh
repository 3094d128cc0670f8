ip addr add fd09::1/64 dev hub nodad
ip -n app addr add fd09::2/64 dev eth0 nodad
sidecar "$app" order 8080 --interception-mode REDIRECT --outbound '[::]:15001'
await "$folder/order" 'listens for peers'
within "$java" -Xmx64m -cp "$path" io.fairlead.cli.Fairlead intercept add --ipv6 \
  --outbound-port 15001 --exclude-user 0
echo "server first: $(ask fd09::1 2525 '')"
echo "http: $(within $other curl -s --max-time 8 'http://[fd09::1]:8082/')"
echo "http over IPv4: $(within $other curl -s --max-time 8 http://10.9.1.1:8082/)"
tail -n 20 "$folder/order"
exit 0
