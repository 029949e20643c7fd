using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Mail;
using DnsClient;
namespace Actors.Mta.IO.Dns;
public sealed class MxResolver(DnsOptions o) : IMxResolver {
    private readonly LookupClient c = new(o.Servers.Count>0 ? new LookupClientOptions(o.Servers.ToArray()) : new LookupClientOptions());
    public async Task<MxAnswer> ResolveMxAsync(DomainName domain, CancellationToken cancel) {
      var r = await c.QueryAsync(domain.Value+".", QueryType.MX);
      var hosts = new List<MxHost>();
      foreach (var m in r.Answers.MxRecords()) { var a = await c.QueryAsync(m.Exchange, QueryType.A); hosts.Add(new MxHost(m.Exchange.Value.TrimEnd('.'), m.Preference, [..a.Answers.ARecords().Select(x=>x.Address)])); }
      return new MxAnswer.Hosts([..hosts], false, TimeSpan.FromMinutes(5));
    }
    public Task<MxAnswer> ResolveHostAsync(string host, CancellationToken cancel)=> throw new NotImplementedException();
}
