using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Actors.Mta.LoadGen.Dns;

/// <summary>Answers queries by rules, octets in and octets out (RFC 1035 4).</summary>
public sealed class DnsAnswer(DnsOptions options)
{
    private const int HeaderLength = 12;
    private const int MaxName = 255;
    private const int MaxUdp = 512;
    private const ushort A = 1, Soa = 6, Mx = 15, Aaaa = 28, Any = 255;
    private const int NoError = 0, FormErr = 1, ServFail = 2, NxDomain = 3, NotImplemented = 4, Refused = 5;

    private const string HostSuffix = ".hosts.test";

    /// <returns>Null when this is answered by silence: by rule, or because it is no query.</returns>
    public byte[]? To(ReadOnlySpan<byte> query)
    {
        if (query.Length < HeaderLength || (query[2] & 0x80) != 0) return null;
        if (BinaryPrimitives.ReadUInt16BigEndian(query[4..]) != 1) return Head(query, 0, FormErr).ToArray();
        if ((query[2] & 0x78) != 0) return Head(query, 0, NotImplemented).ToArray();
        if (!TryName(query[HeaderLength..], out var name, out var length) || query.Length < HeaderLength + length + 4) return Head(query, 0, FormErr).ToArray();
        var question = query.Slice(HeaderLength, length + 4);
        var type = BinaryPrimitives.ReadUInt16BigEndian(question[length..]);
        return Answer(query, question, name, type);
    }

    /// <summary>What does not fit is cut off and marked so (TC, RFC 1035 4.2.1): the asker comes again by TCP.</summary>
    public static byte[] ForUdp(byte[] answer)
    {
        if (answer.Length <= MaxUdp) return answer;
        var question = HeaderLength;
        while (answer[question] != 0) question += answer[question] + 1;
        var cut = answer[..(question + 5)];
        cut[2] |= 0x02;
        cut.AsSpan(6, 6).Clear();
        return cut;
    }

    private byte[]? Answer(ReadOnlySpan<byte> query, ReadOnlySpan<byte> question, string name, ushort type)
    {
        if (!name.EndsWith(".test", StringComparison.Ordinal) && name != "test") return Head(query, 1, Refused, question).ToArray();
        // A host's name says its address: m127-0-9-1.hosts.test.
        if (name.EndsWith(HostSuffix, StringComparison.Ordinal))
            return IPAddress.TryParse(name[1..^HostSuffix.Length].Replace('-', '.'), out var host) ? Records(query, question, AddressesOf([host], type)) : Nothing(query, question, NxDomain);
        if (options.Rules.FirstOrDefault(r => r.Fits(name)) is not { } rule) return Nothing(query, question, NxDomain);
        return rule.Behaviour switch
        {
            DnsBehaviour.Silent => null,
            DnsBehaviour.ServFail => Head(query, 1, ServFail, question).ToArray(),
            DnsBehaviour.NxDomain => Nothing(query, question, NxDomain),
            DnsBehaviour.NullMx => Records(query, question, type is Mx or Any ? [MxOf(0, "")] : []),
            DnsBehaviour.BrokenMx => Records(query, question, type is Mx or Any ? [MxOf(10, "nowhere.test")] : []),
            DnsBehaviour.ImplicitMx => Records(query, question, AddressesOf(rule.Hosts, type)),
            DnsBehaviour.Mx => Records(query, question, type is Mx or Any ? [.. rule.Hosts.Select((h, i) => MxOf((i + 1) * 10, NameOf(h)))] : []),
            _ => throw new InvalidOperationException(),
        };
    }

    /// <summary>m127-0-9-1.hosts.test</summary>
    private static string NameOf(IPAddress host) => $"m{host.ToString().Replace('.', '-')}{HostSuffix}";

    private static IReadOnlyList<(ushort, byte[])> AddressesOf(IEnumerable<IPAddress> hosts, ushort type) =>
        [.. hosts.Where(h => type == Any || type == (h.AddressFamily == AddressFamily.InterNetwork ? A : Aaaa))
            .Select(h => (h.AddressFamily == AddressFamily.InterNetwork ? A : Aaaa, h.GetAddressBytes()))];

    private static (ushort, byte[]) MxOf(int preference, string host) => (Mx, [(byte)(preference >> 8), (byte)preference, .. Encode(host)]);

    private byte[] Records(ReadOnlySpan<byte> query, ReadOnlySpan<byte> question, IReadOnlyList<(ushort Type, byte[] Data)> records)
    {
        if (records.Count == 0) return Nothing(query, question, NoError);
        var answer = Head(query, 1, NoError, question, records.Count);
        foreach (var (type, data) in records) Append(answer, type, data);
        return answer.ToArray();
    }

    /// <summary>With the SOA that says how long to remember it (RFC 2308).</summary>
    private byte[] Nothing(ReadOnlySpan<byte> query, ReadOnlySpan<byte> question, int code)
    {
        var answer = Head(query, 1, code, question, authorities: 1);
        var numbers = new byte[20];
        BinaryPrimitives.WriteUInt32BigEndian(numbers, 1);
        for (var at = 4; at < 20; at += 4) BinaryPrimitives.WriteUInt32BigEndian(numbers.AsSpan(at), (uint)options.TimeToLive.TotalSeconds);
        answer.Write(Encode("test"));
        AppendBody(answer, Soa, [.. Encode("ns.test"), .. Encode("root.test"), .. numbers]);
        return answer.ToArray();
    }

    private void Append(MemoryStream answer, ushort type, byte[] data)
    {
        // A pointer to the name in the question.
        answer.Write([0xC0, HeaderLength]);
        AppendBody(answer, type, data);
    }

    private void AppendBody(MemoryStream answer, ushort type, byte[] data)
    {
        Span<byte> fields = stackalloc byte[10];
        BinaryPrimitives.WriteUInt16BigEndian(fields, type);
        BinaryPrimitives.WriteUInt16BigEndian(fields[2..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(fields[4..], (uint)options.TimeToLive.TotalSeconds);
        BinaryPrimitives.WriteUInt16BigEndian(fields[8..], (ushort)data.Length);
        answer.Write(fields);
        answer.Write(data);
    }

    private static MemoryStream Head(ReadOnlySpan<byte> query, int questions, int code, ReadOnlySpan<byte> question = default, int answers = 0, int authorities = 0)
    {
        var answer = new MemoryStream(128);
        // A response, authoritative, recursion available so that stub resolvers are content; RD as it was asked.
        answer.Write([query[0], query[1], (byte)(0x84 | (query[2] & 0x01)), (byte)(0x80 | code), 0, (byte)questions, 0, (byte)answers, 0, (byte)authorities, 0, 0]);
        answer.Write(question);
        return answer;
    }

    private static byte[] Encode(string name)
    {
        var octets = new List<byte>(name.Length + 2);
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            octets.Add((byte)label.Length);
            octets.AddRange(Encoding.ASCII.GetBytes(label));
        }
        octets.Add(0);
        return [.. octets];
    }

    /// <summary>Questions are not compressed.</summary>
    private static bool TryName(ReadOnlySpan<byte> octets, out string name, out int length)
    {
        var text = new StringBuilder();
        (name, length) = ("", 0);
        while (true)
        {
            if (length >= octets.Length || length > MaxName) return false;
            var label = octets[length++];
            if (label == 0) break;
            if (label > 63 || length + label > octets.Length) return false;
            if (text.Length > 0) text.Append('.');
            text.Append(Encoding.ASCII.GetString(octets.Slice(length, label)).ToLower(CultureInfo.InvariantCulture));
            length += label;
        }
        name = text.ToString();
        return true;
    }
}
