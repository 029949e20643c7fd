using System.IO.Pipelines;

namespace Actors.Mta.IO.Tests.Smtp;

/// <summary>Two pipes as one transport.</summary>
internal sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;
}
